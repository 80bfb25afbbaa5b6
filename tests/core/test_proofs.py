"""A proof is current while nothing has changed that it rests on, and never otherwise."""

import shutil
from pathlib import Path

import pytest

from plumbline.project.proof_parts import OWN, fingerprint, parts_of
from plumbline.project.proofs import LiveProof, Standing, add_mark, judge_page, page_marker, proofs_of, standings
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.calling import plumb
from tests.rules.three_modes import three_modes

PROOF = LiveProof("plumb verify parity", "parity", {"the matrix": ("spec:parity.yaml",)})
PAGE = "---\nsearch: {exclude: true}\n---\n\n# Parity\n"
NOW = {"the matrix": "0123456789ab"}


@pytest.mark.parametrize(
    ("page", "state"),
    [
        (None, "never"),
        (PAGE, "stale"),
        ("", "stale"),
        ("---\nproof: true\n---\n", "stale"),
        ("---\nproof: {command: plumb verify parity, passed: yes please, rests_on: {}}\n---\n", "stale"),
        ("---\n[\n---\n", "stale"),
        (add_mark(PAGE, "plumb verify parity", True, NOW), "current"),
        (add_mark(PAGE, "plumb verify parity", False, NOW), "failed"),
        (add_mark(PAGE, "plumb verify parity", True, {}), "stale"),
        (add_mark(PAGE, "plumb verify parity", True, {"the matrix": "ba9876543210"}), "stale"),
        (add_mark(PAGE, "plumb verify stack --mode dev", True, NOW), "stale"),
    ],
)
def test_a_page_says_how_a_proof_stands(page: str | None, state: str) -> None:
    assert judge_page(PROOF, page, NOW).state == state


def test_a_run_with_faults_proves_what_one_without_does_and_not_the_other_way_round() -> None:
    plain, faults = (LiveProof(f"plumb verify stack --mode dev{more}", "stack-dev", {}) for more in ("", " --faults"))
    assert judge_page(plain, add_mark(PAGE, faults.command, True, {}), {}).state == "current"
    assert judge_page(faults, add_mark(PAGE, plain.command, True, {}), {}).state == "stale"


def test_what_was_in_front_stays_there() -> None:
    page = add_mark(PAGE, "a", True, NOW)
    assert page.startswith("---\nsearch: {exclude: true}\nproof:\n")
    assert page.endswith("---\n\n# Parity\n")


def test_each_mode_is_to_be_stood_up_as_requirements_say() -> None:
    live = [{"kind": "live", "ref": ref} for ref in ("plumb verify stack --mode single --faults", "make other")]
    spec = three_modes({"requirements.yaml": {"requirements": {"REQ-01": {"title": "It runs.", "proofs": live}}}})
    assert {proof.page: proof.command for proof in proofs_of(spec)} == {
        "stack-dev": "plumb verify stack --mode dev",
        "stack-single": "plumb verify stack --mode single --faults",
        "stack-cluster": "plumb verify stack --mode cluster",
        "parity": "plumb verify parity",
        "": "make other",
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of `plumb init`, built, whose one mode was seen to be as it has to be."""
    assert plumb("init", "data", cwd=tmp_path).returncode == 0
    assert plumb("build", cwd=tmp_path).returncode == 0
    (mode,) = spec_of(tmp_path).modes
    mark = page_marker(spec_of(tmp_path), tmp_path / "data", f"plumb verify stack --mode {mode}")
    (tmp_path / "reports").mkdir()
    (tmp_path / f"reports/stack-{mode}.md").write_text(mark(PAGE, True))
    return tmp_path


def spec_of(folder: Path) -> Spec:
    spec, findings = load_spec(read_spec_files(folder / "data"), "data/")
    assert spec is not None, findings
    return spec


def stack_of(folder: Path) -> Standing:
    return next(how for proof, how in standings(spec_of(folder), folder / "data") if proof.page.startswith("stack-"))


def test_it_is_current_until_what_is_generated_changes(project: Path) -> None:
    assert stack_of(project).state == "current"
    readme = project / "docs" / "note.md"
    readme.write_text("# Of something else\n")
    assert stack_of(project).state == "current"
    service = project / "data/services/web.yaml"
    service.write_text(service.read_text().replace("memory_mib: 256", "memory_mib: 257"))
    assert stack_of(project).state == "current"  # not built yet: what would be stood up is the same
    assert plumb("build", cwd=project).returncode == 0
    assert stack_of(project) == Standing("stale", "Changed since: what is generated.")


def test_the_command_lists_them_and_says_what_to_run_again(project: Path) -> None:
    done = plumb("evidence", cwd=project)
    assert (done.returncode, done.stdout.split()[3]) == (0, "current"), done.stdout + done.stderr
    assert plumb("evidence", "--stale", cwd=project).stdout == ""
    shutil.rmtree(project / "reports")
    assert plumb("evidence", cwd=project).returncode == 1
    assert plumb("evidence", "--stale", cwd=project).stdout == "plumb verify stack --mode single\n"
    assert '"state": "never"' in plumb("evidence", "--format", "json", cwd=project).stdout


def test_a_page_that_nobody_asked_for_is_listed_too(project: Path) -> None:
    mark = page_marker(spec_of(project), project / "data", "make soak")
    (project / "docs/auditor/evidence").mkdir(parents=True)
    (project / "docs/auditor/evidence/false-alarms.md").write_text(mark(PAGE, False))
    assert [how.state for _, how in standings(spec_of(project), project / "data")][-1] == "failed"


@pytest.mark.slow
def test_the_site_says_it_on_the_page(project: Path) -> None:
    done = plumb("site", "build", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    (page,) = (project / "site/auditor/evidence").glob("stack-*.html")
    assert ">Current</p><p>Nothing that it depends on has changed since.</p>" in page.read_text()


ROOT = Path(__file__).parents[2]
OFFLINE = {"stack-offline", "bundle-proof", "update-proof", "detection"}
STACKS = {*OFFLINE, "stack-online", "parity", "false-alarms", "pipeline-faults"}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the proofs of the shipped spec rest on."""
    folder = tmp_path_factory.mktemp("shipped")
    for each in ("data", "deploy", "proofs", "tests/stack"):
        shutil.copytree(ROOT / each, folder / each, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "docs/auditor").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("data/stand-ins/redis/Dockerfile", "FROM", "# edited\nFROM", STACKS),
        (
            "data/stand-ins/logs/bin/loki",
            '"""',
            '"""Another. ',
            STACKS - OFFLINE,
        ),
        ("data/stand-ins/models/pii/README.txt", "", "more", STACKS),
        (
            "data/images.yaml",
            "reference log store",
            "other log store",
            STACKS - OFFLINE,
        ),
        ("data/contracts/redis.yaml", '/data: {owner: "999:1000"}', '/data: {owner: "0:0"}', STACKS),
        ("data/parity.yaml", "A kettle", "A pot", {"parity", "pipeline-faults"}),
        (
            "data/services/qdrant.yaml",
            "without the key=something",
            "without the key=much",
            STACKS - {"parity", "pipeline-faults"},
        ),
        ("tests/stack/tamperings/journal-off.json", "appendonly no", "appendonly off", {"detection"}),
        ("proofs/soak.py", '"""', '"""Another. ', {"false-alarms"}),
        ("proofs/isolation.py", '"""', '"""Another. ', {"isolation"}),
        (
            "deploy/online/gateway/compose.yaml",
            "",
            "# edited",
            STACKS - OFFLINE | {"isolation"},
        ),
        # neither what is written about something, nor another page, nor what somebody found out about an image
        ("data/services/qdrant.yaml", "summary: Vector", "summary: The vector", set()),
        ("data/images.yaml", "CVE-2025-62506: ", "CVE-2025-62507: ", set()),
        ("data/contracts/redis.yaml", 'weakens: "', 'weakens: "Also, ', set()),
        ("docs/auditor/note.md", "", "# Of something else", set()),
        ("data/runbooks/offline-install.yaml", "title: ", "title: Another ", set()),
    ],
)
def test_a_change_makes_those_stale_that_rest_on_it(
    shipped: Path, file: str, old: str, new: str, stale: set[str]
) -> None:
    spec = spec_of(ROOT)
    measured = {"speed"} if file.startswith(("data/", "deploy/")) else set()  # of all that there is to read and write
    proofs = [*proofs_of(spec), *(LiveProof(each, OWN[each].page, parts_of(spec, each)) for each in OWN)]
    before = {proof.page: fingerprint(proof.rests_on, shipped / "data") for proof in proofs}
    edited, kept = shipped / file, (shipped / file).read_text() if (shipped / file).exists() else None
    assert old in (kept or "")
    edited.write_text((kept or "").replace(old, new, 1) if old else (kept or "") + new)
    after = {proof.page: fingerprint(proof.rests_on, shipped / "data") for proof in proofs}
    edited.unlink() if kept is None else edited.write_text(kept)
    assert {page for page in before if page and before[page] != after[page]} == stale | measured


def test_a_page_from_before_there_were_marks_is_stale_and_listed(project: Path) -> None:
    (project / "docs/auditor/evidence").mkdir(parents=True)
    (project / "docs/auditor/evidence/false-alarms.md").write_text(PAGE)
    listed = {proof.command: how.state for proof, how in standings(spec_of(project), project / "data")}
    assert listed["make soak"] == "stale"
