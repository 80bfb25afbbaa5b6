"""The playbook's start of services: a late health check is waited for, one that goes on failing is not."""

import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml

ANSIBLE = Path(__file__).parents[2] / "deploy" / "online" / "ansible"
DOCKER = """#!/bin/sh
case "$*" in
  *'config --services') echo web ;;
  'compose ps --quiet --status'* | *'{{.ID}} {{.Service}}') ;;
  'compose up'*--wait*) echo >> ups; [ "$(wc -l < ups)" -gt "$FAILING" ] ;;
  'compose ps'*) [ -z "$STATE" ] || echo container ;;
  inspect*) echo "$STATE" ;;
esac
"""


def up(folder: Path, failing: int, state: str, seconds: int = 300) -> tuple[int, int]:
    """Its exit code and how often it asked Compose to start; that fails so often, and the one container is in this state."""
    task = yaml.safe_load((ANSIBLE / "tasks" / "up.yaml").read_text())[0]
    values = {
        "home": folder,
        "facts_functions": (ANSIBLE / "tasks" / "facts.sh").read_text(),
        "second_copy_functions": (ANSIBLE / "tasks" / "second_copy.sh").read_text(),
        "compared_with": ".",
        "health_timeout_s": seconds,
    }
    script = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(task["ansible.builtin.shell"])
    for program, text in (("docker", DOCKER), ("sleep", "#!/bin/sh\n")):
        (folder / program).write_text(text)
        (folder / program).chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "FAILING": str(failing), "STATE": state}
    done = subprocess.run(
        ["sh", "-c", script.render(values)], cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.returncode, len((folder / "ups").read_text().splitlines())


@pytest.mark.parametrize(
    "state", ["running 0 unhealthy 4 3", "running 0 starting 0 3", "created 0 none 0 0", "exited 0 none 0 0"]
)
def test_a_late_check_is_waited_for(state: str, tmp_path: Path) -> None:
    assert up(tmp_path, 3, state) == (0, 4)


@pytest.mark.parametrize(
    "state", ["running 0 unhealthy 9 3", "running 0 unhealthy 9 0", "exited 1 none 0 3", "restarting 1 none 0 3", ""]
)
def test_what_is_ill_or_not_there_is_not(state: str, tmp_path: Path) -> None:
    assert up(tmp_path, 99, state) == (1, 1)


def test_nor_is_anything_for_longer_than_it_has(tmp_path: Path) -> None:
    assert up(tmp_path, 99, "running 0 unhealthy 4 3", seconds=0) == (1, 1)
