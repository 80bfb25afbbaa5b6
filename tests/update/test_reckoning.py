"""What clients saw of an update is reckoned right from their record."""

import pytest

from proofs.update.pipeline import PipelineSeen, lost, twice
from proofs.update.reckoning import AskedRequest, read_record, reckon


def request(began: float, ended: float, right: bool = True, client: str = "a 0", **more: object) -> AskedRequest:
    fields = {
        "client": client,
        "kind": client.split(maxsplit=1)[0],
        "began": began,
        "ended": ended,
        "right": right,
        **more,
    }
    return AskedRequest(**fields)  # type: ignore[arg-type]


def test_each_kind_is_counted_and_all_together() -> None:
    seen = reckon([request(0, 1), request(1, 4, client="b 0"), request(4, 4.5, False, client="b 0", seen="503")])
    assert (seen.kinds["a"].asked, seen.kinds["b"].asked, seen.kinds["b"].failed) == (1, 2, 1)
    assert (seen.total.asked, seen.total.failed, seen.total.longest_s) == (3, 1, 3)
    assert seen.failures == ("1 × b: 503",)


def test_the_longest_wait_is_of_what_was_answered() -> None:
    assert reckon([request(0, 1), request(1, 30, False)]).total.longest_s == 1


def test_silence_lasts_from_the_first_failure_to_the_next_answer_of_that_client() -> None:
    of_one = [request(0, 1), request(2, 3, False), request(4, 5, False), request(6, 7.5), request(9, 10, False)]
    other = [request(each, each + 0.1, client="a 1") for each in range(12)]
    assert reckon([*of_one, *other]).total.silent_s == pytest.approx(5.5)
    assert reckon([request(0, 1), request(2, 3, False), request(3, 20, False)]).total.silent_s == 18


def test_documents_are_those_that_clients_were_told_are_taken() -> None:
    seen = reckon([request(0, 1, document="x"), request(1, 2, False, document="y"), request(2, 3, document="y")])
    assert (set(seen.sent), set(seen.repeated)) == ({"x", "y"}, {"y"})
    assert reckon([request(1, 2, False, document="y")]).sent == frozenset()


def test_a_line_that_was_cut_off_is_no_request() -> None:
    line = '{"client": "a 0", "kind": "a", "began": 0, "ended": 1, "right": true}'
    assert len(read_record(f"{line}\n{line}\n{line[:20]}")) == 2


def test_a_document_is_lost_without_a_receipt_or_an_end() -> None:
    seen = PipelineSeen({"x": "one", "y": "two"}, {"x": ["ACCEPTED", "INDEXED"], "y": ["ACCEPTED"], "z": ["INDEXED"]})
    assert lost(seen, ["x", "y", "z"]) == ["y", "z"]
    assert lost(PipelineSeen({"x": "one"}, {"x": ["QUARANTINED"]}), ["x"]) == []


def test_a_document_is_there_twice_by_two_receipts_or_an_event_twice() -> None:
    seen = PipelineSeen({"x": "one", "y": "one", "z": "two"}, {"w": ["ACCEPTED", "ACCEPTED"], "z": ["A", "B"]})
    assert twice(seen) == ["w", "x", "y"]
