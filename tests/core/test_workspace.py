"""Writing artifacts: only what differs, atomically, and never a file that is not ours."""

from pathlib import Path

from plumbline.artifact import Artifact
from plumbline.workspace import Workspace

A = Artifact("deploy/a.txt", b"a\n")
B = Artifact("deploy/sub/b.sh", b"b\n", executable=True)


def test_a_second_build_writes_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.write([A, B]).written == ("deploy/a.txt", "deploy/sub/b.sh")
    stamp = (tmp_path / A.path).stat().st_mtime_ns
    second = workspace.write([A, B])
    assert (second.written, second.removed, second.unchanged) == ((), (), 2)
    assert (tmp_path / A.path).stat().st_mtime_ns == stamp
    assert workspace.is_executable(B.path)


def test_what_is_no_longer_generated_is_removed_with_its_folder(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write([A, B])
    assert workspace.write([A]).removed == (B.path,)
    assert not (tmp_path / "deploy/sub").exists()


def test_a_file_edited_by_hand_is_left(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write([A, B])
    (tmp_path / B.path).write_text("mine\n")
    result = workspace.write([A])
    assert (result.removed, result.left) == ((), (B.path,))
    assert (tmp_path / B.path).read_text() == "mine\n"


def test_a_file_of_somebody_else_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/mine.txt").write_text("mine\n")
    workspace = Workspace(tmp_path)
    workspace.write([A])
    workspace.write([])
    assert (tmp_path / "deploy/mine.txt").read_text() == "mine\n"
    assert workspace.strangers([]) == ["deploy/mine.txt"]


def test_a_record_that_names_a_file_outside_removes_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_bytes(A.content)
    project = tmp_path / "project"
    project.mkdir()
    workspace = Workspace(project)
    workspace.write([A])
    record = (project / "generated.json").read_text().replace("deploy/a.txt", "../outside.txt")
    (project / "generated.json").write_text(record)
    workspace.write([])
    assert outside.exists()


def test_a_lost_executable_bit_is_put_back(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write([B])
    (tmp_path / B.path).chmod(0o644)
    assert workspace.write([B]).written == (B.path,)
    assert workspace.is_executable(B.path)
