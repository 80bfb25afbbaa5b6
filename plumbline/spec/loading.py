"""Files → Spec, with every mistake of structure found in one run and shown at its place. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from plumbline.spec.finding import Finding
from plumbline.spec.location import Location
from plumbline.spec.sections import SECTIONS, TEMPLATE_FOLDER, Section
from plumbline.spec.spec import Spec
from plumbline.spec.structure import structure_findings
from plumbline.spec.suggestions import closest, closest_name
from plumbline.spec.yaml_tree import YamlNode, YamlProblem, parse_tree, to_data, unseen_characters
from schema.types import ID_PATTERN, Model, is_id


def load_spec(files: Mapping[str, str], label: str = "") -> tuple[Spec | None, list[Finding]]:
    """The spec, or None, and what is wrong with its structure.

    `files` maps paths relative to the spec's folder to their text; `label` is put before them in locations.
    """
    loader = _Loader(files, label)
    parts: dict[str, Any] = {}
    for section in SECTIONS:
        parts[section.name] = loader.folder(section) if section.folder else loader.single(section)
    loader.report_unknown_files()
    findings = sorted(loader.findings, key=lambda finding: finding.location or Location(""))
    if findings:
        return None, findings
    templates = {name: text for name, text in files.items() if name.startswith(TEMPLATE_FOLDER)}
    return Spec(
        **parts,
        templates=MappingProxyType(templates),
        revision=_revision(files),
        trees=MappingProxyType(loader.trees),
        label=label,
    ), []


def _revision(files: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:12]


class _Loader:
    def __init__(self, files: Mapping[str, str], label: str):
        self.files = files
        self.label = label
        self.trees: dict[str, YamlNode] = {}
        self.findings: list[Finding] = []
        self.taken: set[str] = set()

    def single(self, section: Section) -> Model | None:
        name = f"{section.name}.yaml"
        if name in self.files:
            return self._load(section, name, section.name)
        if section.default is None:
            self.findings.append(
                Finding(
                    "PLB005",
                    f"{name} is missing",
                    location=Location(self.label + name),
                    hint="every spec has one; `plumb init DIR` shows a small example",
                )
            )
            return None
        return section.model.model_validate(section.default)

    def folder(self, section: Section) -> Mapping[str, Model]:
        prefix = f"{section.name}/"
        loaded: dict[str, Model] = {}
        for name in sorted(self.files):
            if name.startswith(prefix) and name.endswith(".yaml") and "/" not in name[len(prefix) :]:
                stem = name[len(prefix) : -len(".yaml")]
                if not is_id(stem):
                    self._refuse_name(name, stem)
                    continue
                model = self._load(section, name, f"{section.name}/{stem}")
                if model is not None:
                    loaded[stem] = model
        return MappingProxyType(loaded)

    def _refuse_name(self, name: str, stem: str) -> None:
        """The name of a file is an id, and ends in names of files, hosts and Compose's keys."""
        self.taken.add(name)
        close = closest_name(stem, ID_PATTERN)
        rule = "lower-case letters, digits and single hyphens, a letter first, at most 63 characters"
        self.findings.append(
            Finding(
                "PLB006",
                "has a name that is not a valid ID",
                location=Location(self.label + name),
                hint=f"rename it to `{close}.yaml`: an ID has {rule}"
                if close and is_id(close)
                else f"an ID has {rule}",
            )
        )

    def report_unknown_files(self) -> None:
        for name in self.files:
            if name not in self.taken and not name.startswith(TEMPLATE_FOLDER):
                self.findings.append(
                    Finding(
                        "PLB006",
                        "does not belong to a spec",
                        location=Location(self.label + name),
                        hint=_place_hint(name),
                    )
                )

    def _load(self, section: Section, name: str, key: str) -> Model | None:
        self.taken.add(name)
        read = _read(section, self.label + name, self.files[name])
        self.findings += read.findings
        if read.root is not None:
            self.trees[key] = read.root
        return read.model


@dataclass(frozen=True, slots=True)
class _FileRead:
    """What a file of a spec holds."""

    findings: tuple[Finding, ...]
    root: YamlNode | None = None
    model: Model | None = None


@lru_cache(maxsize=4096)
def _read(section: Section, file: str, text: str) -> _FileRead:
    """A file's content; whoever watches a spec reads what changed alone."""
    try:
        root, findings = parse_tree(text, file)
    except YamlProblem as problem:
        return _FileRead((problem.finding,))
    if root is None or root.value is None:
        hint = f"give it the fields of {section.schema}, or delete it"
        return _FileRead((Finding("PLB005", "is empty", location=Location(file), hint=hint),))
    found = (*findings, *unseen_characters(root, text))
    try:
        return _FileRead(found, root, section.model.model_validate(to_data(root)))
    except ValidationError as error:
        return _FileRead((*found, *structure_findings(error, root, section)), root)


def _place_hint(name: str) -> str:
    """Where a file belongs that stands where none is read."""
    folder, _, base = name.rpartition("/")
    stem = base.rpartition(".")[0]
    folders = {section.name for section in SECTIONS if section.folder}
    single = {section.name for section in SECTIONS if not section.folder}
    if not folder and base in folders:
        return f"`{base}` is a folder, with a file for each ID"
    top = folder.partition("/")[0]
    if top in folders:
        return f"rename it to `{top}/{stem}.yaml`: only files with this ending directly in the folder are read"
    close = closest(top, sorted(folders)) if folder else closest(stem, sorted(single))
    if close:
        return f"did you mean `{close}{f'/{stem}' if folder else ''}.yaml`?"
    known = (*(f"{name}.yaml" for name in sorted(single)), *(f"{name}/" for name in sorted(folders)), TEMPLATE_FOLDER)
    return f"a spec has {', '.join(known)}"
