"""Files → Spec: every mistake in one run, at its place, with a hint."""

import time
from collections.abc import Callable

import pytest
import yaml

from plumbline.spec.loading import load_spec
from tests.core.support import starter_files

CASES = {
    "unknown field": (
        "services/web.yaml",
        "\nimagee: x\n",
        "`imagee` is not a field here",
        "did you mean `image`?",
    ),
    "missing field": ("services/other.yaml", "title: a\nsummary: b\n", "`image` is missing", "add `image:`"),
    "number for text": (
        "services/other.yaml",
        "title: 3\nsummary: b\nimage: x\n",
        "has to be text",
        'title: "3"',
    ),
    "text for a number": (
        "services/other.yaml",
        "title: a\nsummary: b\nimage: x\nports: {http: '80'}\n",
        "has to be a whole number",
        "without quotes",
    ),
    "no for a boolean": (
        "services/other.yaml",
        "title: a\nsummary: b\nimage: x\nper_node: no\n",
        "has to be true or false",
        "true or false",
    ),
    "choice": (
        "services/other.yaml",
        "title: a\nsummary: b\nimage: x\nkind: servce\n",
        "'service' or 'job'",
        "did you mean `service`?",
    ),
    "stranger": ("servces/web.yaml", "title: a\n", "does not belong to a spec", "did you mean"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_of_structure(case: str) -> None:
    file, text, message, hint = CASES[case]
    files = starter_files()
    files[file] = files.get(file, "") + text
    spec, findings = load_spec(files)
    assert spec is None
    assert len(findings) == 1
    assert message in findings[0].message
    assert hint in (findings[0].hint or "")
    assert findings[0].location is not None
    assert findings[0].location.file == file


def test_all_mistakes_are_reported_in_one_run() -> None:
    files = starter_files()
    for name, (file, text, _, _) in CASES.items():
        target = f"services/{name.replace(' ', '-')}.yaml" if file.startswith("services/other") else file
        files[target] = files.get(target, "") + text
    _, findings = load_spec(files)
    assert len(findings) == len(CASES)


def test_paths_lead_to_lines() -> None:
    files = starter_files()
    spec, _ = load_spec(files)
    assert spec is not None
    for service in spec.services:
        location = spec.at(f"services.{service}.image")
        line = files[f"services/{service}.yaml"].splitlines()[location.line - 1]
        assert line.startswith("image:")


def test_ten_thousand_lines_load_in_less_than_a_plain_parser_takes_for_them() -> None:
    """Time of this process alone, and a ratio within one run: how busy the machine is does not matter."""
    files = starter_files()
    entry = "  s{n}:\n    title: t\n    owner: o\n    scope: tenant\n    length: 32\n    rotation_days: 90\n"
    text = "folder: secrets\nencryption: none\nsecrets:\n" + "".join(entry.format(n=n) for n in range(1700))
    assert text.count("\n") > 10_000

    def seconds(act: Callable[[], object]) -> float:
        start = time.process_time()
        act()
        return time.process_time() - start

    spec, findings = load_spec({**files, "secrets.yaml": text})
    assert findings == []
    assert spec is not None
    # a processor that is shared is slower at times, for either of the two
    assert any(
        seconds(lambda: load_spec({**files, "secrets.yaml": text})) < seconds(lambda: yaml.load(text, yaml.SafeLoader))
        for _ in range(5)
    )
