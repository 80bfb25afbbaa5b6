"""Specs of the rules' examples: the starter spec with a few fragments merged in."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files


def example_spec(example: str) -> Spec:
    """The spec that an example describes; raises ValueError where it is none.

    An example is YAML: file → fragment. Maps are merged, null removes a key, anything else replaces.
    """
    texts = read_spec_files(Path(str(files("plumbline") / "starter")))
    for name, fragment in (yaml.safe_load(example) or {}).items():
        if not name.endswith(".yaml"):
            texts[name] = fragment
            continue
        merged = _merged(yaml.safe_load(texts.get(name, "{}")), fragment)
        texts[name] = yaml.safe_dump(merged, sort_keys=False, allow_unicode=True)
    spec, findings = load_spec(texts)
    if spec is None:
        raise ValueError("; ".join(f"{finding.location}: {finding.message}" for finding in findings))
    return spec


def _merged(base: Any, fragment: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(fragment, dict)):
        return fragment
    merged = {**base}
    for key, value in fragment.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(base.get(key), value)
    return merged
