"""Files → Spec, with every mistake of structure found in one run and shown at its place. Pure."""

import hashlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from plumbline.finding import Finding
from plumbline.location import Location
from plumbline.model_walk import model_at
from plumbline.paths import format_path
from plumbline.sections import SECTIONS, TEMPLATE_FOLDER, Section
from plumbline.spec import Spec
from plumbline.yaml_tree import Node, YamlProblem, key_at, node_at, parse_tree, to_data
from schema.types import Model, is_id


def load_spec(files: Mapping[str, str], label: str = "") -> tuple[Spec | None, list[Finding]]:
    """The spec, or None, and what is wrong with its structure.

    `files` maps paths relative to the spec's folder to their text; `label` is put before them in locations.
    """
    loader = _Loader(files, label)
    parts: dict[str, Any] = {}
    for section in SECTIONS:
        parts[section.name] = loader.folder(section) if section.folder else loader.single(section)
    loader.report_strangers()
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
        self.trees: dict[str, Node] = {}
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
        close = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
        rule = "lower-case letters, digits and single hyphens, a letter first, 63 characters at most"
        self.findings.append(
            Finding(
                "PLB006",
                "has a name that is no id",
                location=Location(self.label + name),
                hint=f"call it `{close}.yaml`: an id has {rule}" if is_id(close) else f"an id has {rule}",
            )
        )

    def report_strangers(self) -> None:
        for name in self.files:
            if name not in self.taken and not name.startswith(TEMPLATE_FOLDER):
                self.findings.append(
                    Finding(
                        "PLB006", "is no part of a spec", location=Location(self.label + name), hint=_place_hint(name)
                    )
                )

    def _load(self, section: Section, name: str, key: str) -> Model | None:
        self.taken.add(name)
        file = self.label + name
        try:
            root, findings = parse_tree(self.files[name], file)
        except YamlProblem as problem:
            self.findings.append(problem.finding)
            return None
        if root is None or root.value is None:
            self.findings.append(
                Finding(
                    "PLB005",
                    "is empty",
                    location=Location(file),
                    hint=f"give it the fields of {section.schema}, or delete it",
                )
            )
            return None
        self.findings += findings
        self.trees[key] = root
        try:
            return section.model.model_validate(to_data(root))
        except ValidationError as error:
            errors = [details for details in error.errors(include_url=False) if _is_meant(details)]
            self.findings += [_finding(details, root, section) for details in errors]
            return None


def _place_hint(name: str) -> str:
    """Where a file belongs that stands where none is read."""
    folder, _, base = name.rpartition("/")
    stem = base.rpartition(".")[0]
    folders = {section.name for section in SECTIONS if section.folder}
    single = {section.name for section in SECTIONS if not section.folder}
    if not folder and base in folders:
        return f"`{base}` is a folder, with a file for each id"
    top = folder.partition("/")[0]
    if top in folders:
        return f"call it `{top}/{stem}.yaml`: only files of that ending, directly in the folder, are read"
    close = get_close_matches(folder, folders, n=1) if folder else get_close_matches(stem.lower(), single, n=1)
    if close:
        return f"did you mean `{close[0]}{f'/{stem}' if folder else ''}.yaml`?"
    known = (*(f"{name}.yaml" for name in sorted(single)), *(f"{name}/" for name in sorted(folders)), TEMPLATE_FOLDER)
    return f"a spec has {', '.join(known)}"


def _is_meant(details: ErrorDetails) -> bool:
    """Pydantic reports a value that is neither text nor a template once for each; one of them is what was meant."""
    last = details["loc"][-1] if details["loc"] else None
    if last == "str" and details["type"] == "string_type":
        return not isinstance(details["input"], dict)
    return not (last == "Template" and details["type"] == "model_type")


def _finding(details: ErrorDetails, root: Node, section: Section) -> Finding:
    path = tuple(part for part in details["loc"] if part != "[key]")
    for at, part in enumerate(path):
        if part in ("str", "Template") and key_at(root, path[: at + 1]) is None:
            path = (*path[:at], *path[at + 1 :])
            break
    about_key = details["type"] == "extra_forbidden" or "[key]" in details["loc"]
    node = key_at(root, path) if about_key else None
    location = (node or node_at(root, path)).location
    name = str(path[-1]) if path else section.name
    hint: str | None
    match details["type"]:
        case "extra_forbidden":
            message, hint = f"`{name}` is not a field here", _field_hint(name, path, section)
        case "missing":
            key = key_at(root, path[:-1])
            location = key.location if key else root.location
            message, hint = f"`{name}` is missing", f"add `{name}:`{_description(path, section)}"
        case _:
            message, hint = f"`{name}`: {_lower(details['msg'])}", _value_hint(details, name)
    return Finding(
        "PLB007",
        message,
        location=location,
        hint=hint,
        subject=format_path((section.name, *path)),
        observed=_shown(details["input"]),
    )


def _field_hint(name: str, path: tuple[str | int, ...], section: Section) -> str:
    model = model_at(section.model, path[:-1])
    fields = list(model.model_fields) if model else []
    close = get_close_matches(name, fields, n=1)
    return f"did you mean `{close[0]}`?" if close else f"fields here: {', '.join(fields) or 'none'}"


def _description(path: tuple[str | int, ...], section: Section) -> str:
    model = model_at(section.model, path[:-1])
    field = model.model_fields.get(str(path[-1])) if model else None
    return f" ({field.description})" if field and field.description else ""


def _value_hint(details: ErrorDetails, name: str) -> str | None:
    value = details["input"]
    kind = details["type"]
    if kind in ("string_type", "string_sub_type") and isinstance(value, int | float | bool):
        # a float's own spelling is lost: 12e3 has become 12000.0
        shown = "" if isinstance(value, float) else f': {name}: "{str(value).lower()}"'
        return f"put it in quotes{shown}"
    if kind in ("bool_type", "bool_parsing"):
        return "write true or false"
    if kind in ("int_type", "float_type") and isinstance(value, str):
        return "write a plain decimal number, without quotes, leading zeros or `_`"
    if kind == "literal_error":
        options = [text.strip("'") for text in str(details["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
        close = get_close_matches(str(value), options, n=1)
        return f"did you mean `{close[0]}`?" if close else None
    if kind == "string_pattern_mismatch" and "[key]" not in details["loc"]:
        return f"it has to match {details['ctx']['pattern']}"
    return None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _shown(value: Any) -> str | None:
    return repr(value)[:80] if isinstance(value, str | int | float | bool) else None
