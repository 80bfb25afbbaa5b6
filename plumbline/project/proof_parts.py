"""What each live proof rests on: patterns of files, by what they are, and their fingerprint."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import plumbline
from plumbline.effective.deployment import services_of
from plumbline.spec.paths import SpecPath, parse_path, path_of
from plumbline.spec.spec import Spec

_PROGRAM = Path(plumbline.__file__).parents[1]
"""Where the program's packages are."""
_STACK = re.compile(r"plumb verify stack --mode ([a-z0-9-]+)( --faults)?")
_LOOKS = ("program:plumbline/stack/**/*.py", "program:validators/stack/**/*.py")
_ASKS = (
    "program:plumbline/stack/**/*.py",
    "program:validators/parity/**/*.py",
    "program:validators/stack/inspection.py",
    "program:validators/stack/reach.py",
)
_EVERYTHING = ("program:plumbline/**/*.py", "program:validators/**/*.py")
_ALL_OF_IT = (*_EVERYTHING, "program:schema/**/*.py", "program:generators/**/*.py")
_ASKED = "running,self_tests,state_test,tolerates,modes"
"""What is asked of a running service, and stands in no generated file."""
_STOOD_IN = ("repository", "tag", "digest", "stand_in")
"""What a stand-in is chosen and made by; that somebody looked for holes in an image changes no proof."""
_MATRIX = ("spec:parity.yaml",)


@dataclass(frozen=True)
class _OwnProof:
    """A proof program of Plumbline's own project."""

    page: str
    program: tuple[str, ...]
    modes: tuple[str, ...] = ()
    """The modes that it stands up or reads; none: all."""
    stands: bool = True
    """Whether it stands anything up."""
    matrix: bool = False
    """Whether it asks the probes of the matrix, and nothing else."""


OWN = {
    "make mutants": _OwnProof(
        "detection",
        (*_LOOKS, "proofs/mutants.py", "tests/stack/tampering.py", "tests/stack/tamperings/*.json"),
        modes=("offline",),
    ),
    "make soak": _OwnProof("false-alarms", (*_LOOKS, "proofs/soak.py", "tests/stack/at_once.py")),
    "make bundle-proof": _OwnProof(
        "bundle-proof", (*_EVERYTHING, "proofs/bundle/*.py", "tests/bundle/*.py"), modes=("offline",)
    ),
    "make update-proof": _OwnProof(
        "update-proof",
        (*_EVERYTHING, "proofs/update/*", "proofs/bundle/*.py", "tests/bundle/*.py"),
        modes=("offline",),
    ),
    "make pipeline-faults": _OwnProof("pipeline-faults", (*_ASKS, "proofs/pipeline_faults.*"), matrix=True),
    "make benchmark": _OwnProof("speed", ("spec:**/*", *_ALL_OF_IT, "benchmarks/*.py"), stands=False),
    "make isolation": _OwnProof("isolation", ("proofs/isolation.py",), modes=("online",), stands=False),
}
"""By what runs them."""


def parts_of(spec: Spec, command: str) -> dict[str, tuple[str, ...]]:
    """Patterns of files by what they are, for readers.

    They are below the project; with `spec:` below the spec's folder, with `program:` below the program's packages. `FILE#a.b,c` is of
    a YAML file those places alone.
    """
    if stack := _STACK.fullmatch(command):
        return {
            **_generated((stack[1],)),
            **_asked(spec, (stack[1],)),
            **_stand_ins(spec, (stack[1],)),
            "the program that looks": _LOOKS,
        }
    if command == "plumb verify parity":
        return {
            "the matrix": _MATRIX,
            **_generated(()),
            **_stand_ins(spec, ()),
            "the program that asks": _ASKS,
        }
    own = OWN.get(command, _OwnProof("", (*_EVERYTHING, "proofs/**/*", "tests/stack/**/*.json")))
    parts: dict[str, tuple[str, ...]] = {"the matrix": _MATRIX} if own.matrix else {}
    parts |= _generated(own.modes)
    if own.stands:
        parts |= _stand_ins(spec, own.modes)
    if own.stands and not own.matrix:
        parts |= _asked(spec, own.modes)
    return parts | {"the program": own.program}


def _generated(modes: Collection[str]) -> dict[str, tuple[str, ...]]:
    return {"what is generated": tuple(f"deploy/{mode}/**/*" for mode in modes) or ("deploy/**/*",)}


def _asked(spec: Spec, modes: Collection[str]) -> dict[str, tuple[str, ...]]:
    services = sorted({name for mode in _known(spec, modes) for name in services_of(spec, mode)})
    ignored = ("spec:waivers.yaml#ignored",)
    return {"what is asked": (*(f"spec:services/{name}.yaml#{_ASKED}" for name in services), *ignored)}


def _stand_ins(spec: Spec, modes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Those of the images and models that the modes use."""
    used = [service for mode in _known(spec, modes) for service in services_of(spec, mode).values()]
    images = sorted({each.image for each in used} & spec.images.images.keys())
    folders, places = set[str](), []
    for id in images:
        if (stand_in := spec.images.images[id].stand_in) is None:
            continue
        places += [path_of("images", id, field) for field in _STOOD_IN]
        folders |= {each for each in (stand_in.recipe, stand_in.programs) if each and each != "contract"}
    models = sorted({model for each in used for model in each.models} & spec.models.models.keys())
    folders |= {folder for model in models if (folder := spec.models.models[model].stand_in)}
    files = [f"spec:images.yaml#{','.join(places)}"] if places else []
    files += [f"spec:contracts/{id}.yaml#folders" for id in images]
    return {"stand-ins": (*files, *(f"spec:{folder}/**/*" for folder in sorted(folders)))}


def _known(spec: Spec, modes: Collection[str]) -> list[str]:
    return [mode for mode in spec.modes if not modes or mode in modes]


def fingerprint(parts: Mapping[str, tuple[str, ...]], spec_folder: Path) -> dict[str, str]:
    """The parts as they are now: twelve digits for each, of the paths and contents of its files."""
    folders = {"": spec_folder.resolve().parent, "spec": spec_folder, "program": _PROGRAM}
    return {part: _digest(patterns, folders) for part, patterns in parts.items()}


def _digest(patterns: tuple[str, ...], folders: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        where, _, below = pattern.rpartition(":")
        below, _, places = below.partition("#")
        for file in sorted(folders[where].glob(below)):
            if file.is_file() and "__pycache__" not in file.parts:
                content = hashlib.sha256(_chosen(file, places)).hexdigest()
                digest.update(f"{file.relative_to(folders[where]).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:12]


def _chosen(file: Path, places: str) -> bytes:
    """A file's content, or some places of it. A file that is no YAML any more is another one."""
    data = file.read_bytes()
    if not places:
        return data
    try:
        whole = yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return data
    found = [[place, value] for place in places.split(",") for value in _at(whole, parse_path(place))]
    return json.dumps(found, sort_keys=True, default=str).encode()


def _at(value: Any, path: SpecPath) -> Iterator[Any]:
    """The value at a path; nothing where there is none."""
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return
        value = value[key]
    yield value
