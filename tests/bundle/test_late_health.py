"""install.sh starts services on a busy host: a late health check is waited for, one that goes on failing is not."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

INSTALL = Path(__file__).parents[2] / "deploy" / "offline" / "scripts" / "install.sh"
COUNT = 'count() { n=$(($(cat "$1" 2> /dev/null || echo 0) + 1)); echo "$n" > "$1"; echo "$n"; }'
DOCKER = f"""#!/bin/sh
{COUNT}
sed -n "$(count looks)p" states | grep . || sed -n '$p' states
"""
STUBS = f"""
log=/dev/null
say() {{ echo "said: $*"; }}
sleep() {{ :; }}
{COUNT}
compose_here() {{
  case $1 in
    ps) shift 3; echo "$@" > asked; echo container ;;
    up) [ "$(count ups)" -gt "$FAILING" ] ;;
  esac
}}
"""


def bring_up(folder: Path, failing: int, *states: str) -> tuple[int, int]:
    """Its exit code and how often it called `up`, which fails so often; `docker inspect` gives the states one after the other."""
    functions = re.findall(
        r"^(?:how_ill|ailing|bring_up)\(\) \{\n.*?^\}$", INSTALL.read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(functions) == 3
    (folder / "states").write_text("".join(f"{state}\n" for state in states))
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)
    script = "\n".join(["set -eu", STUBS, *functions, "bring_up --no-deps web"])
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "FAILING": str(failing)}
    done = subprocess.run(["sh", "-c", script], cwd=folder, env=environment, check=False)
    return done.returncode, int((folder / "ups").read_text())


def test_one_that_is_late_is_waited_for_and_the_start_goes_on(tmp_path: Path) -> None:
    assert bring_up(tmp_path, 1, "running 0 unhealthy 4 3", "running 0 unhealthy 8 3", "running 0 healthy 0 3") == (
        0,
        2,
    )


@pytest.mark.parametrize(
    "state",
    ["running 0 unhealthy 9 3", "running 0 unhealthy 9 0", "exited 1 unhealthy 2 3", "restarting 1 starting 0 3"],
)
def test_one_that_is_ill_for_good_ends_the_start(state: str, tmp_path: Path) -> None:
    assert bring_up(tmp_path, 99, state) == (1, 1)


def test_one_that_stays_late_for_ever_ends_it_too(tmp_path: Path) -> None:
    assert bring_up(tmp_path, 99, "running 0 starting 0 3") == (1, 1)


def test_who_is_brought_up_alone_is_asked_alone(tmp_path: Path) -> None:
    """A worker that was drained has ended, and is no reason to give up."""
    assert bring_up(tmp_path, 1, "running 0 healthy 0 3") == (0, 2)
    assert (tmp_path / "asked").read_text().split() == ["web"]


def test_one_that_is_late_again_and_again_is_not_waited_for_without_end(tmp_path: Path) -> None:
    assert bring_up(tmp_path, 99, "running 0 healthy 0 3") == (1, 6)
