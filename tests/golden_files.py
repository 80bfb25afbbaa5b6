"""Expected files. `make golden` (GOLDEN_UPDATE=1) writes them anew; read the diff before it is committed."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def check_golden(name: str, files: dict[str, bytes]) -> None:
    """Assert that the folder `golden/<name>` holds exactly these files."""
    folder = FOLDER / name
    if os.environ.get("GOLDEN_UPDATE"):
        for old in [path for path in folder.rglob("*") if path.is_file()]:
            old.unlink()
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(there) == sorted(files), "make golden"
    for path, content in files.items():
        assert there[path].read_text("utf-8") == content.decode(), f"{path} differs: make golden"
