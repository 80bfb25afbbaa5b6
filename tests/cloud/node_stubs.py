"""Stubs of the programs that runbooks call: each hands its words to a test, and does what the answer says."""

import json
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = (
    "ssh",
    "docker",
    "ansible",
    "ansible-playbook",
    "curl",
    "cloud-init",
    "systemctl",
    "ssh-keygen",
    "plumb",
    "apt-get",
    "ansible-inventory",
)
_STUB = """\
#!{python} -S
import json, os, socket, subprocess, sys, threading
with socket.socket(socket.AF_UNIX) as line:
    line.connect({path!r})
    words = {{"program": {program!r}, "words": sys.argv[1:], "node": os.environ.get("NODE", "")}}
    line.sendall(json.dumps(words).encode() + b"\\n")
    answer = json.loads(line.makefile().readline())
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
if "command" not in answer:
    sys.exit(answer["code"])
# on a node: what a shell reads is led to the folder of its disk; a run keeps the line open
shell = subprocess.Popen(["sh", "-c", answer["command"]], stdin=subprocess.PIPE, env=answer["environment"])
def forward():
    while chunk := os.read(0, 1 << 20):
        for place in answer["places"] if answer["command"].endswith("sudo sh") else ():
            chunk = chunk.replace(place.encode(), (answer["disk"] + place).encode())
        shell.stdin.write(chunk)
        shell.stdin.flush()
    shell.stdin.close()
threading.Thread(target=forward, daemon=True).start()
code = shell.wait()
sys.stdout.flush()
os._exit(code)
"""


_AGE = """\
#!/bin/sh
# closes nothing: what is encrypted is the text itself
mode=$1 out=''
shift
while [ $# -gt 0 ]; do
  case $1 in
    --output) out=$2; shift 2 ;;
    --identity | --recipient) shift 2 ;;
    --armor) shift ;;
    *) in=$1; shift ;;
  esac
done
if [ "$mode" = --decrypt ]; then cat "$in"; else cat ${in:+"$in"} > "$out"; fi
"""


@contextmanager
def stubs_answered(folder: Path, line: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[None]:
    """Write the stubs into a folder, and answer them by a socket at `line`."""

    class CallHandler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(json.dumps(answer(json.loads(self.rfile.readline()))).encode() + b"\n")

    class StubServer(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    for program in PROGRAMS:
        _write(folder / program, _STUB.format(python=sys.executable, path=str(line), program=program))
    _write(folder / "age", _AGE)
    _write(folder / "age-keygen", "#!/bin/sh\necho age1key\n")
    _write(folder / "sudo", '#!/bin/sh\nexec "$@"\n')
    with StubServer(str(line), CallHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)
