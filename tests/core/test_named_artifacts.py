"""Artifacts that the spec names are those that it generates."""

import pytest

from plumbline.spec.loading import load_spec
from proofs.wrong_specs import files_of
from validators.named_artifacts import unknown_artifacts

FOLDER = "deploy/online/ansible"
GENERATED = [f"{FOLDER}/{name}" for name in ("roll-out.yaml", "shared.yaml", "unlock.yaml", "inventory.shared.yaml")]
WRONG = {
    "a folder of a place": ("platform.yaml", f"folder: {FOLDER}", "folder: deploy/online/ansibel", f"`{FOLDER}`"),
    "a playbook": ("runbooks/online-provision.yaml", "ansible-playbook roll-out.yaml", "ansible-playbook roll-out.yml", "`roll-out.yaml`"),
    "an inventory": ("runbooks/online-backup-control.yaml", "--inventory inventory.shared.yaml shared.yaml", "--inventory inventry.shared.yaml shared.yaml", "`inventory.shared.yaml`"),
    "what proves a requirement": ("requirements.yaml", f"ref: {FOLDER}/roll-out.yaml", f"ref: {FOLDER}/rollout.yaml", f"`{FOLDER}/roll-out.yaml`"),
    "in the folder of another place": ("platform.yaml", f"folder: {FOLDER}", "folder: deploy/onlin/ansible", f"`{FOLDER}`"),
}  # fmt: skip


def found(file: str = "", old: str = "", new: str = "") -> list[tuple[str, str]]:
    """Where there is an unknown artifact, and the hint."""
    files = dict(files_of("shipped"))
    if file:
        assert old in files[file]
        files[file] = files[file].replace(old, new, 1)
    spec, problems = load_spec(files)
    assert spec is not None, problems
    proofs = {p.ref for each in spec.requirements.requirements.values() for p in each.proofs if p.kind == "artifact"}
    generated = {*GENERATED, *(proofs if file != "requirements.yaml" else proofs - {new.removeprefix("ref: ")})}
    return [(str(each.location), each.hint or "") for each in unknown_artifacts(spec, generated)]


def test_the_shipped_spec_names_only_what_it_generates() -> None:
    assert found() == []


@pytest.mark.parametrize("what", WRONG)
def test_a_mistyped_one_is_found_at_its_line(what: str) -> None:
    file, old, new, meant = WRONG[what]
    line = files_of("shipped")[file].partition(old)[0].count("\n") + 1
    (place, hint), *others = found(file, old, new)
    assert not others
    assert place.startswith(f"{file}:")
    assert abs(int(place.split(":")[1]) - line) <= 1
    assert hint == f"did you mean {meant}?"


def test_a_file_of_the_project_itself_is_no_artifact() -> None:
    assert found("runbooks/online-provision.yaml", "ansible-playbook roll-out.yaml", "ansible-playbook mine.yaml") == []
    assert found("platform.yaml", f"folder: {FOLDER}", "folder: scripts/by-hand") == []
