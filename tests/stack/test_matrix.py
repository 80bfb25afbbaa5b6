"""The picture of who reached whom."""

from xml.etree import ElementTree

from plumbline.effective.reachability import Reach
from validators.stack.matrix import picture, signs_of
from validators.stack.reach import Row


def row(source: str, target: str, expected: Reach, *, reached: bool, port: str = "http") -> Row:
    return Row(source, target, port, expected, reached, "")


TABLE = [
    row("web", "db", Reach.MUST, reached=True),
    row("db", "web", Reach.MUST_NOT, reached=False),
    row("web", "log", Reach.MAY, reached=True),
    row("log", "db", Reach.MUST_NOT, reached=True),
    row("log", "web", Reach.MUST, reached=False),
]


def test_a_sign_for_each_pair() -> None:
    assert signs_of(TABLE) == {
        ("web", "db"): "●",
        ("db", "web"): "·",
        ("web", "log"): "○",
        ("log", "db"): "✗",
        ("log", "web"): "✗",
    }


def test_the_weightiest_port_counts() -> None:
    ports = [row("a", "b", Reach.MUST_NOT, reached=True, port="x"), row("a", "b", Reach.MUST, reached=True, port="y")]
    assert signs_of(ports) == {("a", "b"): "✗"}


def test_the_picture_is_well_formed_and_says_each_pair() -> None:
    drawn = ElementTree.fromstring(picture([*TABLE, row("<b>", 'q"', Reach.MAY, reached=True)]))
    titles = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert "web reaches, as it must, db" in titles
    assert "log against the spec: db" in titles
    assert '<b> reaches, as it may, q"' in titles
    assert len(titles) == 6
