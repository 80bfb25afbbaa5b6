"""`give-secrets.sh` with the real age: a node gets the secrets of its role, nobody else can read them, and nothing is left behind."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from generators.cloud.secrets_script import SecretsScriptGenerator, secrets_by_role
from tests.stack.conftest import shipped_spec

pytestmark = pytest.mark.skipif(shutil.which("age") is None, reason="there is no age on this machine")
SPEC = shipped_spec()
SSH = """\
#!/bin/sh
for command; do :; done
echo "$*" >> {folder}/called
command=$(printf %s "$command" | sed 's|/opt/docpipe|{folder}/node|g; s|/etc/docpipe|{folder}/node|g')
exec sh -c "$command"
"""
SYSTEMCTL = """\
#!/bin/sh
exec sh -c 'age --decrypt --identity {folder}/node/identity {folder}/node/secrets.age | tar -C {folder}/node/secrets -xf -'
"""


class HandoverScene:
    """A tenant's folder with its key, and a node with its own."""

    def __init__(self, folder: Path):
        self.folder, self.own = folder, folder / ".secrets/tenants/acme"
        self.own.mkdir(parents=True)
        (folder / "node/secrets").mkdir(parents=True)
        (folder / "bin").mkdir()
        for name, text in {"ssh": SSH, "systemctl": SYSTEMCTL, "sudo": '#!/bin/sh\nexec "$@"\n'}.items():
            (folder / "bin" / name).write_text(text.format(folder=folder))
            (folder / "bin" / name).chmod(0o755)
        for key in (self.own / "key.age", folder / "node/identity"):
            subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
        (folder / "node/recipient").write_text(self.recipient(folder / "node/identity"))
        self.close("secrets.yaml.age", "new")
        self.close("secrets.yaml.age.before", "old")
        (script,) = SecretsScriptGenerator().generate(SPEC)
        (folder / "give-secrets.sh").write_bytes(script.content)

    def recipient(self, key: Path) -> str:
        """The public half of a key."""
        return subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True).stdout

    def close(self, name: str, prefix: str) -> None:
        """Encrypt a value for each secret to the tenant's key."""
        text = "".join(f"{each}: {prefix}-{each}:x y\n" for each in SPEC.secrets.secrets)
        words = [
            "age",
            "--encrypt",
            "--recipient",
            self.recipient(self.own / "key.age").strip(),
            "--output",
            self.own / name,
        ]
        subprocess.run(words, input=text.encode(), check=True)

    def give(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Call it."""
        environment = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        call: list[Any] = ["sh", "give-secrets.sh", *words]
        return subprocess.run(call, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def on_node(self) -> dict[str, str]:
        """What the node has."""
        return {each.name: each.read_text() for each in (self.folder / "node/secrets").iterdir()}


@pytest.mark.parametrize("role", ["gateway", "db-heavy"])
@pytest.mark.parametrize(("words", "prefix"), [((), "new"), (("--before",), "old")])
def test_a_node_gets_what_its_role_needs(role: str, words: tuple[str, ...], prefix: str, tmp_path: Path) -> None:
    handover, before = HandoverScene(tmp_path), set(Path("/dev/shm").iterdir())
    done = handover.give(*words, "acme", role, "-J", "192.0.2.20", "ops@node")
    assert done.returncode == 0, done.stderr
    wanted = secrets_by_role(SPEC, "online")[role]
    assert handover.on_node() == {name: f"{prefix}-{name}:x y" for name in wanted}
    assert not [each for each in set(Path("/dev/shm").iterdir()) - before if each.is_dir()], "nothing is left in memory"
    assert f"{prefix}-" not in done.stdout + done.stderr + (tmp_path / "called").read_text()
    assert "-J 192.0.2.20 ops@node " in (tmp_path / "called").read_text()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "TENANT ROLE"),
        (("acme", "host", "ops@node"), 2, "no service of role host"),
        (("../acme", "db", "ops@node"), 2, "is no id of a tenant"),
        (("globex", "db", "ops@node"), 1, "no such file"),
    ],
)
def test_a_wrong_call_gives_nothing(words: tuple[str, ...], code: int, says: str, tmp_path: Path) -> None:
    handover = HandoverScene(tmp_path)
    done = handover.give(*words)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert handover.on_node() == {}


def test_a_node_that_does_not_take_them_is_an_error(tmp_path: Path) -> None:
    handover = HandoverScene(tmp_path)
    (tmp_path / "bin/systemctl").write_text("#!/bin/sh\n")
    done = handover.give("acme", "worker", "ops@node")
    assert done.returncode == 1 and "error: the node has 0 of:" in done.stderr


def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    HandoverScene(tmp_path)
    program = Path(shutil.which("shellcheck") or ".venv/bin/shellcheck")
    call = [program, "--severity=warning", "--shell=sh", tmp_path / "give-secrets.sh"]
    assert subprocess.run(call, check=False, capture_output=True, text=True).stdout == ""
