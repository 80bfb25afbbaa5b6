"""One limit for uploads: what is as large as it may be is taken and looked at whole, and what is larger is refused, at each hop."""

import io
import json
import subprocess
import zipfile
from typing import Any

import pytest

from plumbline.spec.spec import Spec
from plumbline.stack.stack import Stack

pytestmark = [pytest.mark.live, pytest.mark.slow]
_SECONDS = 600
_EICAR = "".join(("X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"))
_ZEROS = 110_000_000
"""Bytes beside it: more than clamd looks at in a file by itself (MaxFileSize is 100 MB)."""
_CLIENT = """
import hashlib, http.client, json, sys, time
asked = json.load(sys.stdin)
key = open("/run/secrets/tenant_api_key").read().strip()
HEAD, TAIL = b"<html><body><p>A whale of a document</p><script>", b"</script></body></html>"
BLOCK = b"x" * (1 << 20)


def blocks(size):
    yield HEAD
    left = size - len(HEAD) - len(TAIL)
    while left > 0:
        yield BLOCK[:left]
        left -= len(BLOCK)
    yield TAIL


def ask(method, path, body, headers):
    link = http.client.HTTPConnection("127.0.0.1", asked["port"], timeout=570)
    link.request(method, path, body, headers)
    answer = link.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


token = ask("POST", "/v1/token", None, {"Authorization": f"Bearer {key}"})[1]["token"]
held = {"Authorization": f"Bearer {token}"}
told = []
for size in asked["sizes"]:
    digest = hashlib.sha256()
    for block in blocks(size):
        digest.update(block)
    manifest = {"name": "large", "mime": "text/html", "size": size, "sha256": digest.hexdigest()}
    status, said = ask("POST", "/v1/documents", json.dumps(manifest), held)
    if status == 201:
        path = said["content"]
        status, said = ask("PUT", path, blocks(size), {**held, "Content-Length": str(size)})
        end, state = time.monotonic() + 300, ""
        while status == 202 and state != "INDEXED" and time.monotonic() < end:
            time.sleep(2)
            state = ask("GET", path.removesuffix("/content"), None, held)[1]["state"]
        said = state or said
    told.append([status, said])
print(json.dumps(told))
"""
_STREAM = """
import sys
from docpipe import scanning

left, stream = int(sys.argv[1]), scanning.Stream()
while left:
    size = min(left, 1 << 20)
    stream.send(bytes(size))
    left -= size
try:
    print(stream.malware() or "OK")
except (OSError, scanning.ScanFailed) as error:
    print(error)
"""


def inside(stack: Stack, service: str, command: list[str], data: bytes) -> str:
    """What a command prints in a service's container, given its input."""
    (project,) = stack.projects
    call = ["docker", "exec", "--interactive", f"{project.name}-{service}-1", *command]
    done = subprocess.run(
        call, env=stack.engine.connection.environment, input=data, capture_output=True, timeout=_SECONDS, check=False
    )
    return (done.stdout + done.stderr).decode().strip()


def nested() -> bytes:
    """A small archive whose one file is an archive of 110 MB."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("zeros", bytes(_ZEROS))
        archive.writestr("eicar.com", _EICAR)
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())
    return outer.getvalue()


def test_malware_beside_110_mb_in_an_archive_in_an_archive_is_found(offline: Stack) -> None:
    said = inside(offline, "clamav", ["clamdscan", "--no-summary", "-"], nested())
    assert said.endswith("Eicar-Test-Signature.UNOFFICIAL FOUND"), said


@pytest.mark.parametrize(("more", "said"), [(0, "OK"), (1, "INSTREAM size limit exceeded")])
def test_the_scanner_takes_the_largest_file_and_no_larger_one(offline: Stack, spec: Spec, more: int, said: str) -> None:
    largest = spec.tenants.settings["max_file_size_mb"].default
    assert isinstance(largest, int)
    # not by clamdscan, which sends no more than the limit of its own settings, and is told OK
    size = str(largest * 1024 * 1024 + more)
    assert said in inside(offline, "intake-gateway", ["python3", "-c", _STREAM, size], b"")


def test_the_largest_document_goes_all_the_way_and_a_larger_one_nowhere(offline: Stack, spec: Spec) -> None:
    largest = spec.tenants.settings["max_file_size_mb"].default
    assert isinstance(largest, int)
    asked: dict[str, Any] = {"port": 8080, "sizes": [largest * 1_000_000 + 1, largest * 1_000_000]}
    client = ["python3", "-c", _CLIENT]
    given = inside(offline, "intake-gateway", client, json.dumps(asked).encode())
    assert json.loads(given) == [[413, {"error": f"the limit is {largest} MB"}], [202, "INDEXED"]]
