"""Each piece of first boot, judged by the tool that reads it, or run: cloud-init, sshd, nft, systemd, age, a loop device."""

import io
import tarfile
from collections.abc import Iterator

import pytest

from generators.cloud.first_boot import VOLUME_ID, user_data
from tests.first_boot.node import BootNode
from tests.first_boot.test_user_data import ROLES, SPEC, config, files

pytestmark = pytest.mark.live
SECRETS = "/opt/docpipe/secrets"
VOLUME = "/plumbline-volume"


@pytest.mark.parametrize("role", ROLES)
def test_cloud_init_takes_it(tools: BootNode, role: str) -> None:
    tools.put({"/user-data": (user_data(SPEC, "online", "acme", role), 0o644)})
    code, text = tools.run("cloud-init", "schema", "--config-file", "/user-data")
    assert code == 0, text
    assert "Valid" in text


def test_its_schema_check_can_fail(tools: BootNode) -> None:
    broken = user_data(SPEC, "online", "acme", "db").replace("lock_passwd: true", "lock_passwd: 12")
    tools.put({"/user-data": (broken, 0o644)})
    assert tools.run("cloud-init", "schema", "--config-file", "/user-data")[0] != 0


@pytest.fixture(scope="module")
def written(tools: BootNode) -> BootNode:
    """The node with all files of the database's role, as cloud-init would write them."""
    tools.put(
        {
            each["path"].replace(VOLUME_ID, "4711"): (
                each["content"].replace(VOLUME_ID, "4711"),
                int(each["permissions"], 8),
            )
            for each in config("db")["write_files"]
        }
    )
    return tools


def test_sshd_takes_its_settings(written: BootNode) -> None:
    written.shell("ssh-keygen -A; mkdir -p /run/sshd; sshd -t")
    settings = written.shell("sshd -T").splitlines()
    for line in (
        "permitrootlogin no",
        "passwordauthentication no",
        "kbdinteractiveauthentication no",
        "allowusers ops",
    ):
        assert line in settings


@pytest.mark.parametrize("role", ROLES)
def test_nft_takes_the_rules_twice(tools: BootNode, role: str) -> None:
    tools.put({"/rules.nft": (files(role)["/etc/docpipe/private-network.nft"], 0o644)})
    tools.shell(
        "nft -c -f /rules.nft; nft -f /rules.nft; nft list ruleset > /once; nft -f /rules.nft; nft list ruleset > /twice"
    )
    tools.shell("cmp /once /twice; nft delete table inet private_network")


def test_systemd_takes_the_units(written: BootNode) -> None:
    # what comes with the engine's package
    engine = "[Unit]\nDescription=Engine\n[Service]\nExecStart=/usr/bin/docker\n"
    written.put({"/usr/bin/docker": ("#!/bin/sh\n", 0o755), "/etc/systemd/system/docker.service": (engine, 0o644)})
    ours = [path for path in files("db") if path.endswith((".service", ".mount"))]
    code, text = written.run("systemd-analyze", "verify", "--man=no", *ours)
    assert (code, text) == (0, "")


def delivered(node: BootNode, members: dict[str, bytes]) -> tuple[int, str]:
    """What the script says to secrets that were encrypted for the node as a roll-out does."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, value in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(value), 0o777
            if value == b"->":
                entry.type, entry.size, entry.linkname = tarfile.SYMTYPE, 0, "/etc/docpipe/identity"
            tar.addfile(entry, io.BytesIO(value))
    node.put({"/tmp/secrets.tar": (archive.getvalue(), 0o600)})
    node.shell(
        "age --encrypt --recipients-file /etc/docpipe/recipient --output /opt/docpipe/secrets.age /tmp/secrets.tar"
    )
    return node.run("/usr/local/sbin/docpipe-secrets")


@pytest.fixture(scope="module")
def keyed(written: BootNode) -> Iterator[BootNode]:
    """With an identity of its own, and the folder in memory."""
    written.shell(
        "umask 077; age-keygen -o /etc/docpipe/identity; age-keygen -y /etc/docpipe/identity > /etc/docpipe/recipient;"
        f"mkdir -p {SECRETS}; mount -t tmpfs -o mode=0700,size=1M tmpfs {SECRETS}"
    )
    yield written
    written.shell(f"umount {SECRETS}")


def test_secrets_come_out_as_they_went_in(keyed: BootNode) -> None:
    value = b"a $b 'c' \"d\"\n\n\x00\xff"
    code, text = delivered(keyed, {"redis_password": value, "old_one": b"x"})
    assert code == 0, text
    assert delivered(keyed, {"redis_password": value, "minio_access_key": b"k"})[0] == 0
    assert keyed.shell(f"ls -A {SECRETS}").split() == ["minio_access_key", "redis_password"]
    assert keyed.shell(f"stat -c '%a %U' {SECRETS} {SECRETS}/*").splitlines() == ["700 root", "444 root", "444 root"]
    assert keyed.docker("exec", keyed.name, "cat", f"{SECRETS}/redis_password").stdout == value


@pytest.mark.parametrize(
    "members", [{}, {"a": b""}, {"a": b"->"}, {"A b": b"x"}, {"../../../evil": b"x"}, {"a/b": b"x"}]
)
def test_what_is_no_secret_changes_nothing(keyed: BootNode, members: dict[str, bytes]) -> None:
    assert delivered(keyed, {"redis_password": b"kept"})[0] == 0
    assert delivered(keyed, {"other": b"x", **members} if members else members)[0] != 0
    assert (
        keyed.shell(f"ls -A {SECRETS}; cat {SECRETS}/*; ls /evil /opt/evil 2>/dev/null || true")
        == "redis_password\nkept"
    )


def test_what_is_not_encrypted_for_this_node_changes_nothing(keyed: BootNode) -> None:
    assert delivered(keyed, {"redis_password": b"kept"})[0] == 0
    keyed.shell(
        "age-keygen -o /tmp/other 2>/dev/null; age -r $(age-keygen -y /tmp/other) -o /opt/docpipe/secrets.age /tmp/secrets.tar; rm /tmp/other"
    )
    assert keyed.run("/usr/local/sbin/docpipe-secrets")[0] != 0
    assert keyed.shell(f"ls -A {SECRETS}; cat {SECRETS}/*") == "redis_password\nkept"


@pytest.fixture
def device(written: BootNode) -> Iterator[BootNode]:
    """With a loop device where the volume would be."""
    written.shell(
        f"truncate -s 32M {VOLUME}; mkdir -p /dev/disk/by-id;"
        f"ln -sf $(losetup --find --show {VOLUME}) /dev/disk/by-id/scsi-0HC_Volume_4711"
    )
    yield written
    written.shell(
        f"losetup -d $(readlink /dev/disk/by-id/scsi-0HC_Volume_4711); rm {VOLUME} /dev/disk/by-id/scsi-0HC_Volume_4711"
    )


def test_an_empty_volume_is_given_a_file_system_once(device: BootNode) -> None:
    device.shell("docpipe-volume")
    first = device.shell(f"blkid -p -o value -s TYPE {VOLUME}; sha256sum {VOLUME}")
    assert first.startswith("ext4\n")
    device.shell("docpipe-volume")
    assert device.shell(f"blkid -p -o value -s TYPE {VOLUME}; sha256sum {VOLUME}") == first


@pytest.mark.parametrize(
    "content", ["mkswap $device", "printf x | dd of=$device bs=1 seek=500000 status=none", "mkfs.ext2 -q $device"]
)
def test_a_volume_that_holds_anything_else_is_left_alone(device: BootNode, content: str) -> None:
    before = device.shell(f"device=/dev/disk/by-id/scsi-0HC_Volume_4711; {content} > /dev/null; sha256sum {VOLUME}")
    code, text = device.run("docpipe-volume")
    assert code == 1, text
    assert "nothing was changed" in text
    assert device.shell(f"sha256sum {VOLUME}") == before
