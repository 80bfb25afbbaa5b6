"""A flow sends what earlier answers gave, and says where it stopped."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from plumbline.stack.probe.flow import walk

TEXT = "a $1 kettle, ${stays}"


class Desk(BaseHTTPRequestHandler):
    """Gives a token, takes one document, and has it ready when it is asked for the third time."""

    asked: dict[str, int]

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        authorized = self.headers.get("Authorization") == "Bearer t0ken"
        match self.command, self.path:
            case "POST", "/token":
                self._say(*((200, {"token": "t0ken"}) if self.headers.get("Authorization") == "key" else (401, {})))
            case "PUT", "/documents":
                sums = {"sha256": hashlib.sha256(body.encode()).hexdigest(), "bytes": len(body.encode())}
                self._say(*((202, {"id": "a/b", **sums}) if authorized else (401, {"error": "who?"})))
            case "GET", "/documents/a/b":
                self.asked["times"] = self.asked.get("times", 0) + 1
                self._say(200, {"state": "ready" if self.asked["times"] > 2 else "waiting", "items": [{"n": 1}]})
            case _:
                self._say(404, {"path": self.path})

    do_GET = do_POST = do_PUT = _do  # noqa: N815

    def _say(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    desk = type("FreshDesk", (Desk,), {"asked": {}})
    http = ThreadingHTTPServer(("127.0.0.1", 0), desk)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()


TOKEN = {"request": "POST /token", "headers": {"Authorization": "${key}"}, "keep": {"token": "/token"}}
SEND = {
    "request": "PUT /documents",
    "headers": {"Authorization": "Bearer ${token}"},
    "body": "${document}",
    "keep": {"id": "/id", "sum": "/sha256", "taken": "status"},
    "expect": {"sum": "${document.sha256}"},
}
WAIT = {
    "request": "GET /documents/${id}",
    "until": {"at": "/state", "among": ["ready"], "seconds": 30},
    "keep": {"items": "/items", "first": "/items/0/n"},
}


def _walk(server: str, *steps: dict[str, Any], answer: str = "${status}", key: str = "key", text: str = "tea") -> str:
    question = {"flow": server, "secrets": {"key": key}, "texts": {"document": text}, "steps": steps, "answer": answer}
    return walk(question)


def test_each_step_sends_what_the_answers_before_it_gave(server: str) -> None:
    answer = "${taken} ${first} ${items} ${document.bytes}"
    assert _walk(server, TOKEN, SEND, WAIT, answer=answer) == '202 1 [{"n": 1}] 3'


def test_a_text_may_name_those_before_it(server: str) -> None:
    question = {"flow": server, "secrets": {}, "texts": {"a": "$x", "b": "${a}y"}, "steps": [], "answer": "${b}"}
    assert walk(question) == "$xy"


@pytest.mark.parametrize(
    ("steps", "key", "said"),
    [
        ([TOKEN], "wrong", "step 1, POST /token: status 401, without /token: {}"),
        (
            [TOKEN, {"request": "GET /none"}, {"request": "GET /${lost}"}],
            "key",
            "step 3, GET /${lost}: nothing gave lost",
        ),
        ([TOKEN, {**SEND, "expect": {"taken": "200"}}], "key", "step 2, PUT /documents: taken is 202, not 200"),
        (
            [{"request": "GET /none", "keep": {"where": "/path"}, "lack": {"where": "/no"}}],
            "key",
            "step 1, GET /none: where has /no in it",
        ),
        (
            [{"request": "GET /none", "until": {"at": "/state", "among": ["ready"], "seconds": 0}}],
            "key",
            "step 1, GET /none: /state is still None after 0 s (status 404)",
        ),
        (
            [{"request": "GET /none"}, {"request": "GET /x", "until": {"at": "/a", "among": ["b"], "seconds": 0}}],
            "key",
            'step 2, GET /x: /a is still None after 0 s (status 404); the step before was answered 404: {"path": "/none"}',
        ),
    ],
)
def test_it_says_where_it_stopped(server: str, steps: list[dict[str, Any]], key: str, said: str) -> None:
    assert _walk(server, *steps, key=key) == said


def test_a_text_that_names_what_nothing_gives_is_no_answer(server: str) -> None:
    assert _walk(server, TOKEN, text=TEXT) == "text document: nothing gave stays"


def test_each_walk_has_a_word_that_no_other_has(server: str) -> None:
    step = {"request": "GET /${once}", "keep": {"path": "/path"}, "expect": {"path": "${word}"}}
    question = {"flow": server, "secrets": {}, "texts": {"word": "/${once}"}, "steps": [step], "answer": "at ${path}"}
    assert walk(question) == "at /${once}"
    sent = {**question, "steps": [{**step, "expect": {}}], "answer": "${word.sha256}"}
    assert walk(sent) != walk(sent)


def test_what_is_not_there_is_lacked(server: str) -> None:
    assert _walk(server, {"request": "GET /none", "keep": {"where": "/path"}, "lack": {"where": "here"}}) == "404"


def test_nobody_there_is_no_answer() -> None:
    assert _walk("http://127.0.0.1:1", TOKEN).startswith("step 1, POST /token: no answer: ")


def test_what_fills_a_path_is_escaped(server: str) -> None:
    step = {"request": "GET /find?q=${document}", "keep": {"path": "/path"}}
    assert _walk(server, step, answer="${path}", text="tea & ü/x") == "/find?q=tea%20%26%20%C3%BC/x"


def test_an_answer_that_is_no_http_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:

        def mumble() -> None:
            caller, _ = mute.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(b"+PONG\r\n\r\n")

        thread = threading.Thread(target=mumble)
        thread.start()
        said = _walk(f"http://127.0.0.1:{mute.getsockname()[1]}", TOKEN)
        thread.join()
    assert said.startswith("step 1, POST /token: no answer: ")
