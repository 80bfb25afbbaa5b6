"""The node's own files: firewall rules, units and scripts that first boot wrote, and a roll-out delivers when they change.

    node_files.py pack FILE                          here: those of a first boot's text, in base64
    node_files.py compare ROOT                       on the node, with that on stdin: says `same HASH` or `differs HASH`
    node_files.py deliver ROOT SETTINGS FINISH UNIT  lays them down, and calls FINISH and UNIT; says `delivered HASH`
    node_files.py back ROOT SETTINGS FINISH UNIT     lays down again what was there before
    node_files.py settle ROOT SETTINGS               forgets what was there before

ROOT stands in front of every path. SETTINGS remembers what was delivered, and what was there before. FINISH is what first boot ends
with: it checks sshd, reads the units, and enables them. UNIT is the firewall's, which is reloaded.
"""

import json
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

FROM = "  # Each roll-out delivers the files from here on.\n"
TO = "  # To here. Whatever else this file has, only a new server gets.\n"


def pack(path: str) -> str:
    """The files between the two lines, and the hash of that part, as the label of the server has it."""
    import yaml

    part = Path(path).read_text("utf-8").split(FROM)[1].split(TO)[0]
    files = [
        {"path": each["path"], "mode": int(each["permissions"], 8), "text": each["content"]}
        for each in yaml.safe_load(part)
    ]
    whole = {"hash": sha256(part.encode()).hexdigest()[:32], "files": files}
    return b64encode(json.dumps(whole).encode()).decode()


def read_packed() -> Any:
    """What `pack` made, from stdin."""
    return json.loads(b64decode(sys.stdin.read()))


class DeliveredFiles:
    """Where the files are, and what has to know of a change."""

    def __init__(self, root: str, settings: str = "", finish: str = "", unit: str = ""):
        self.root, self.finish, self.unit = Path(root), finish, unit
        self.record = self.at(settings + "/node-files")
        self.before = self.at(settings + "/node-files.before")

    def at(self, path: str) -> Path:
        """A path on the node."""
        return self.root / path.lstrip("/")

    def differs(self, file: dict[str, Any]) -> bool:
        """Whether a file is not as it was packed."""
        there = self.at(file["path"])
        if not there.is_file() or there.is_symlink():
            return True
        return there.read_bytes() != file["text"].encode() or mode_of(there) != int(file["mode"])

    def deliver(self, packed: dict[str, Any]) -> None:
        """Lay down what differs and take away what was delivered and is no more; all or nothing."""
        # a run that was killed left what was well before it
        self.back()
        changing = [file for file in packed["files"] if self.differs(file)]
        known = json.loads(self.record.read_text()) if self.record.is_file() else {"paths": []}
        now = [file["path"] for file in packed["files"]]
        gone = [path for path in known["paths"] if path not in now and self.at(path).is_file()]
        self.keep([file["path"] for file in changing] + gone + [str(Path("/") / self.record.relative_to(self.root))])
        try:
            for file in changing:
                lay(self.at(file["path"]), file["text"].encode(), file["mode"])
            for path in gone:
                self.at(path).unlink()
            self.make_known()
        except BaseException:
            self.back()
            raise
        lay(self.record, json.dumps({"hash": packed["hash"], "paths": now}).encode(), 0o644)

    def keep(self, paths: list[str]) -> None:
        """Copy what is there aside, in one step."""
        new = self.before.with_name(self.before.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for index, path in enumerate(paths):
            if self.at(path).is_file():
                shutil.copy2(self.at(path), new / str(index))
        lay(new / "paths", json.dumps(paths).encode(), 0o644)
        new.rename(self.before)

    def back(self) -> bool:
        """Lay down what was kept; whether there was anything."""
        if not self.before.is_dir():
            return False
        for index, path in enumerate(json.loads((self.before / "paths").read_text())):
            kept = self.before / str(index)
            if kept.is_file():
                lay(self.at(path), kept.read_bytes(), mode_of(kept))
            elif self.at(path).is_file():
                self.at(path).unlink()
        self.make_known()
        shutil.rmtree(self.before)
        return True

    def make_known(self) -> None:
        """Tell the system. Rules that nft does not read are never loaded: the reload fails, and the old ones stay."""
        subprocess.run([self.finish], check=True)
        subprocess.run(["systemctl", "reload-or-restart", self.unit], check=True)


def mode_of(path: Path) -> int:
    """Its permissions."""
    return path.stat().st_mode & 0o7777


def lay(path: Path, content: bytes, mode: int) -> None:
    """A file in one step: nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name("." + path.name + ".new")
    new.write_bytes(content)
    new.chmod(mode)
    new.replace(path)


def main(verb: str, *words: str) -> None:
    """Do it, and say what came of it."""
    if verb == "pack":
        print(pack(*words))
    elif verb == "compare":
        node, packed = DeliveredFiles(*words), read_packed()
        print("differs" if any(node.differs(file) for file in packed["files"]) else "same", packed["hash"])
    elif verb == "deliver":
        packed = read_packed()
        DeliveredFiles(*words).deliver(packed)
        print("delivered", packed["hash"])
    elif verb == "back":
        print("back" if DeliveredFiles(*words).back() else "nothing to put back")
    elif verb == "settle":
        shutil.rmtree(DeliveredFiles(*words).before, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
