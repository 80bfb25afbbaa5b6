"""Which jobs do nothing but give volumes their owner, so that they may do it as root."""

import pytest

from plumbline.effective.volumes import calls_of_chown
from schema.service import Service

CALLS: list[tuple[list[str], list[str], list[list[str]]]] = [
    (["chown"], ["70:70", "/a"], [["70:70", "/a"]]),
    (["/bin/chown"], ["70:70", "/a"], [["70:70", "/a"]]),
    (["sh", "-c"], ["chown 1:1 /a && chown -R 2:2 '/b c'"], [["1:1", "/a"], ["-R", "2:2", "/b c"]]),
    (["sh", "-c"], ["set -e\nchown 1:1 /a\nchown 2:2 /b\n"], [["1:1", "/a"], ["2:2", "/b"]]),
    (["sh", "-c"], ["chown 1:1 /a | cat"], []),
    (["sh", "-c"], ["chown 1:1 /a; rm -rf /b"], []),
    (["sh", "-c"], ["chown $(id) /a"], []),
    (["sh", "-c"], ["chown 1:1 /a > /b"], []),
    (["sh", "-c"], ["chown 'x"], []),
    (["sh", "-c"], [""], []),
    (["sh"], ["/chown.sh"], []),
    ([], [], []),
]


@pytest.mark.parametrize(("entrypoint", "command", "calls"), CALLS)
def test_calls_of_chown_alone_are_read(entrypoint: list[str], command: list[str], calls: list[list[str]]) -> None:
    service = Service.model_validate(
        {
            "title": "Owner",
            "summary": "Gives volumes their owner.",
            "kind": "job",
            "image": "postgres",
            **({"entrypoint": entrypoint} if entrypoint else {}),
            "command": command,
        }
    )
    assert calls_of_chown(service) == calls
