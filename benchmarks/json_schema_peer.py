"""`python -m benchmarks.json_schema_peer DATA SCHEMAS`: check-jsonschema on every file of a spec, in one process."""

import sys
from pathlib import Path

from check_jsonschema import main as check_jsonschema

from plumbline.spec.sections import SECTIONS


def main(data: Path, schemas: Path) -> None:
    """Raises SystemExit where a file does not hold."""
    for section in SECTIONS:
        files = sorted((data / section.name).glob("*.yaml")) if section.folder else [data / f"{section.name}.yaml"]
        known = [str(file) for file in files if file.exists()]
        if known:
            code = check_jsonschema(
                ["--quiet", "--schemafile", str(schemas / f"{section.schema}.json"), *known], standalone_mode=False
            )
            if code:
                sys.exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
