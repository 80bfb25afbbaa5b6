"""Projects on the disk to measure: the shipped one at some size.

`python -m benchmarks.projects PROJECT` writes the compose files of its spec, and nothing else.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.specs import Files
from generators.compose.project import ComposeGenerator
from plumbline.project.workspace import Workspace
from plumbline.spec.loading import load_spec
from plumbline.spec.spec_files import read_spec_files

ROOT = Path(__file__).parents[1]
EXAMPLE_ADDRESSES = tuple(f"{name}_ADDRESS=10.1.1.2" for name in ("PRIVATE", "DB", "GATEWAY", "WORKER", "CONTROL"))
"""What the generated projects ask for in their environment."""
_TEXTS = ("config", "stand-ins")
"""Folders of the spec whose files stay as they are."""


def written(grow: Callable[[Files, int], Files], number: int, folder: Path) -> Path:
    """A project whose spec is the shipped one with so many of something."""
    source = ROOT / "data"
    names = [
        path.relative_to(source).as_posix()
        for path in sorted(source.rglob("*.yaml"))
        if path.relative_to(source).parts[0] not in _TEXTS
    ]
    spec = {name: yaml.load((source / name).read_text("utf-8"), yaml.CSafeLoader) for name in names}
    for each in _TEXTS:
        shutil.copytree(source / each, folder / "data" / each)
    for name, data in grow(spec, number).items():
        file = folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=2**20), "utf-8"
        )
    return folder


def edit_a_port(project: Path, turn: int) -> None:
    """Give a service another port; each turn another one."""
    file = project / "data" / "services" / "serving.yaml"
    service = yaml.safe_load(file.read_text("utf-8"))
    service["ports"]["http"] = 8090 + turn
    file.write_text(yaml.safe_dump(service, sort_keys=False), "utf-8")


def compose_files(project: Path) -> list[Path]:
    """Those of the offline mode: one host has all its services."""
    return sorted((project / "deploy" / "offline").glob("compose.yaml"))


def main(project: Path) -> None:
    """Write the compose files."""
    spec, findings = load_spec(read_spec_files(project / "data"))
    if spec is None:
        raise SystemExit(str(findings))
    Workspace(project).write(ComposeGenerator().generate(spec))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
