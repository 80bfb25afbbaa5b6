"""The rate limiter: never faster than the project's bucket, and it learns from each answer."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from plumbline.provisioning.throttle import RESERVE, Bucket


class Clock:
    """Time that goes on by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-9  # as any clock, it is a little late


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It, in place of the machine's."""
    clock = Clock()
    monkeypatch.setattr("plumbline.provisioning.throttle.time", clock)
    return clock


def test_what_is_left_is_had_at_once_and_then_what_flows_in(clock: Clock) -> None:
    bucket = Bucket(seconds_to_fill=1.0)
    bucket.learn(limit=100, remaining=20 + RESERVE)
    for _ in range(20):
        bucket.take()
    assert clock.now == 0
    for _ in range(30):
        bucket.take()
    assert clock.now == pytest.approx(0.3), "30 at 100 a second"
    assert bucket.waited == pytest.approx(0.3)


def test_many_threads_together_are_never_faster() -> None:
    bucket = Bucket(seconds_to_fill=1.0)
    bucket.learn(limit=100, remaining=20 + RESERVE)
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bucket.take(), range(50)))
    assert time.monotonic() - start > 0.29


def test_what_others_take_is_learned_and_an_old_answer_adds_nothing(clock: Clock) -> None:
    bucket = Bucket(seconds_to_fill=3600)
    bucket.learn(limit=3600, remaining=1000)
    bucket.learn(limit=3600, remaining=10 + RESERVE)
    bucket.learn(limit=3600, remaining=500)
    for _ in range(10):
        bucket.take()
    assert clock.now == 0
    assert bucket._taken() > 0


def test_answers_that_tell_nothing_slow_nobody_down_beyond_a_call_a_second(clock: Clock) -> None:
    """A portal's page, or a refused connection: the next try was twenty minutes away."""
    bucket = Bucket()
    for _ in range(5):
        bucket.take()
    assert clock.now == pytest.approx(4, abs=0.1)


def test_the_first_answer_is_taken_over_also_where_it_tells_the_usual_size(clock: Clock) -> None:
    bucket = Bucket()
    bucket.take()
    bucket.learn(limit=3600, remaining=100 + RESERVE)
    for _ in range(100):
        bucket.take()
    assert clock.now == 0
