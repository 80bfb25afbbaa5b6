"""What the proof of bundles reads is read right."""

from pathlib import Path

import pytest

from proofs.bundle.updating import EntryWatch
from tests.lab.leaving import described


def test_a_gap_is_from_the_last_answer_to_the_next(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    asked.write_text("0.0 0.1 200\n0.2 0.3 200\n0.4 0.4 0\n0.5 0.5 503\n1.0 1.1 200\n9.0 9.1 200\n")
    assert EntryWatch(asked).gap() == pytest.approx(0.8)


def test_a_packet_is_named_by_where_it_goes() -> None:
    address = bytes([192, 0, 2, 1])
    head = bytes([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1])
    assert described(head + address + b"\x30\x39\x00\x35") == "udp 192.0.2.1:53"
    assert described(head[:9] + b"\x01" + head[10:] + address) == "icmp 192.0.2.1"
