"""The contract stub listens where its command says, and covers for no disagreement."""

import pytest

from plumbline.stack.stub.contract_stub import ContractRefused, listening, words_of_the_command

PORTS = [8080]


@pytest.mark.parametrize(
    ("command", "places"),
    [
        ("uvicorn app --host 0.0.0.0 --port 8080", [("0.0.0.0", 8080)]),
        ("uvicorn app --host 0.0.0.0 --port=8090", [("0.0.0.0", 8090)]),
        ("uvicorn app --port 8080", [("127.0.0.1", 8080)]),
        ("uvicorn app --host 0.0.0.0", [("0.0.0.0", 8000)]),
        ("run --server.http.listen-addr=0.0.0.0:12346 config.alloy", [("0.0.0.0", 12346)]),
        ("run config.alloy", [("127.0.0.1", 12345)]),
        ("celery -A app worker", [("0.0.0.0", 8080)]),
        ("serve --port 8080", [("0.0.0.0", 8080)]),
        ("serve --transport 9000 --import=7", [("0.0.0.0", 8080)]),
        ("", [("0.0.0.0", 8080)]),
    ],
)
def test_it_listens_where_the_real_program_would(command: str, places: list[tuple[str, int]]) -> None:
    assert listening(command.split(), PORTS) == places


@pytest.mark.parametrize(
    "command",
    [
        "serve --port 8090",
        "serve --http-port=8090",
        "serve --web.listen-address=:8090",
        "uvicorn app --port http",
        "uvicorn app --port 0",
    ],
)
def test_it_refuses_what_the_contract_contradicts(command: str) -> None:
    with pytest.raises(ContractRefused):
        listening(command.split(), PORTS)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["contract-stub"], ["loki"]),
        (["contract-stub", "-config.file=a"], ["loki", "-config.file=a"]),
        (["contract-stub", "serve", "--port", "1"], ["serve", "--port", "1"]),
        (["/usr/local/bin/uvicorn", "app"], ["uvicorn", "app"]),
    ],
)
def test_options_alone_follow_the_images_own_program(
    monkeypatch: pytest.MonkeyPatch, argv: list[str], words: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", argv)
    assert words_of_the_command({"command": ["loki"]}) == words
