"""The rate limiter: never faster than the project's bucket, and it learns from each answer."""

import time
from concurrent.futures import ThreadPoolExecutor

from plumbline.provisioning.throttle import RESERVE, Bucket


def test_many_threads_get_what_is_left_and_then_what_flows_in() -> None:
    bucket = Bucket(seconds_to_fill=1.0)
    bucket.learn(limit=100, remaining=20 + RESERVE)
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bucket.take(), range(50)))
    seconds = time.monotonic() - start
    assert 0.25 < seconds < 1.5, "20 at once, and 30 more at 100 a second"


def test_what_others_take_is_learned_and_an_old_answer_adds_nothing() -> None:
    bucket = Bucket(seconds_to_fill=3600)
    bucket.learn(limit=3600, remaining=1000)
    bucket.learn(limit=3600, remaining=10 + RESERVE)
    bucket.learn(limit=3600, remaining=500)
    start = time.monotonic()
    for _ in range(10):
        bucket.take()
    assert time.monotonic() - start < 0.5
    assert bucket._taken() > 0
