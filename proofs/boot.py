"""Boots a server of the stores' role for real: systemd and cloud-init in a container, with a loop device as its volume.

`python -m proofs.boot` prints a line a check; exit code 1 where one fails. What is not as at the provider: packages
are in the image (a container has no https mirror of its own), the volume has another path, for systemd knows no block
devices in a container, and the private network is a bridge of the node.
"""

import io
import json
import os
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

from generators.cloud.first_boot import VOLUME_ID, user_data
from tests.first_boot.node import BootNode, build, node
from tests.first_boot.test_user_data import config, shipped
from tests.lab.base_image import ensure_base
from tests.lab.running import with_engine

SEED = "/var/lib/cloud/seed/nocloud"
DEVICE = "/volumes/scsi-0HC_Volume_"
COMPOSE = """\
name: docpipe-online-db
services:
  keeper:
    image: keeper
    command: [sh, -c, "[ -f /data/born ] || date > /data/born; exec httpd -f -p 5432 -h /run/secrets"]
    restart: unless-stopped
    ports: [{target: 5432, published: "5432", host_ip: "${PRIVATE_ADDRESS:?}"}]
    secrets: [word]
    volumes: ["data:/data"]
    healthcheck: {test: [CMD, cat, /run/secrets/word], start_period: 30s, start_interval: 1s}
secrets: {word: {file: ./secrets/word}}
volumes: {data: {}}
"""
NETWORK = """
ip link add private type bridge
ip link set private up
ip address add 10.1.1.30/16 dev private
for neighbour in worker:10.1.1.20 stranger:10.1.1.99; do
  name=${neighbour%%:*}
  ip netns add $name
  ip link add $name type veth peer name eth0 netns $name
  ip link set $name master private up
  ip -n $name address add ${neighbour#*:}/16 dev eth0
  ip -n $name link set eth0 up
done
"""
IMAGE = """
mkdir -p /keeper/bin && cp /usr/bin/busybox /keeper/bin/
for name in sh cat date httpd; do ln -sf busybox /keeper/bin/$name; done
tar -C /keeper -c . | docker import - keeper
"""
SSH = "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes -i /key"
AGAIN = "systemctl is-active -q docpipe-stack && docker ps --quiet | grep -q ."
RULES = "nft --stateless list table inet private_network"


def main() -> int:
    """Print each check and its result; 1 where one failed."""
    environment = dict(os.environ)
    ensure_base(environment, "trixie", "ca-certificates")
    image = build(environment, "debian:trixie-slim", config("db")["packages"])
    failed = 0
    start = time.monotonic()
    with node(
        environment, image, "--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", "/var/lib/docker",
        "--stop-signal", "SIGRTMIN+3", "--hostname", "tenant-acme-db-1",
    ) as machine:  # fmt: skip
        for title, good in checks(machine, image):
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {time.monotonic() - start:5.0f} s  {title}", flush=True)
    print(f"{failed} failed")
    return int(failed > 0)


def checks(machine: BootNode, image: str) -> Iterator[tuple[str, bool]]:
    """What is looked at, and whether it was so."""
    start(machine, image)
    yield "cloud-init is done, without an error", machine.run("cloud-init", "status", "--wait", timeout=400)[0] == 0
    yield from entrance(machine)
    identity = machine.shell("cat /etc/docpipe/identity")
    yield "the node's key is root's alone", machine.shell("stat -c '%a %U' /etc/docpipe/identity") == "600 root"
    yield "package sources are asked by https", "https://" in machine.shell("cat /etc/apt/sources.list.d/*")
    yield "nothing is started before it is delivered", machine.run("systemctl", "is-active", "docpipe-stack")[0] != 0
    deliver(machine, b"first")
    yield "delivered, it starts and is healthy", machine.run("systemctl", "restart", "docpipe-stack")[0] == 0
    yield from at_work(machine, "first")
    before = machine.shell(RULES)
    for words in ("systemctl restart docker", "systemctl stop docker docker.socket && systemctl start docker"):
        machine.shell(words)
        came_back = machine.run("sh", "-c", f"for try in $(seq 90); do {AGAIN} && exit 0; sleep 1; done; exit 1")[0]
        yield f"it comes back by itself after `{words}`", came_back == 0
    yield "a restart of the engine leaves the rules as they are", machine.shell(RULES) == before
    yield from at_work(machine, "first")
    deliver(machine, b"second")
    machine.shell("systemctl restart docpipe-stack")
    yield "a secret that was delivered anew is the one that is used", asks(machine, "worker") == "second"
    born = machine.shell("cat /mnt/tenant-data/docker-volumes/docpipe-online-db_data/_data/born")
    restart(machine)
    yield "after a restart of the machine it starts by itself", machine.run("cloud-init", "status", "--wait")[0] == 0
    machine.shell("for try in $(seq 90); do ! systemctl is-active -q docpipe-stack || exit 0; sleep 1; done; exit 1")
    yield from at_work(machine, "second")
    kept = machine.shell("cat /mnt/tenant-data/docker-volumes/docpipe-online-db_data/_data/born")
    yield "what it keeps is still there", kept == born
    yield "the node's key is the same", machine.shell("cat /etc/docpipe/identity") == identity
    yield "nothing has failed", machine.shell("systemctl --failed --plain --no-legend") == ""


def start(machine: BootNode, image: str) -> None:
    """Power on, with user data that lets a key of this run in."""
    made = machine.docker(
        "run", "--rm", image, "sh", "-c", "ssh-keygen -q -t ed25519 -N '' -f /key && cat /key /key.pub"
    )
    private, public = made.stdout.decode().split("ssh-ed25519 ", 1)
    spec = shipped(ssh_keys=json.dumps({"admin": {"public_key": f"ssh-ed25519 {public.strip()}"}}))
    text = user_data(spec, "online", "acme", "db").replace(VOLUME_ID, "4711")
    machine.put(
        {
            "/key": (private, 0o600),
            f"{SEED}/meta-data": ("instance-id: i-4711\nlocal-hostname: tenant-acme-db-1\n", 0o644),
            f"{SEED}/user-data": (text.replace("/dev/disk/by-id/scsi-0HC_Volume_", DEVICE), 0o600),
            "/etc/apt/sources.list.d/sample.list.save": ("deb http://mirror.test/debian trixie main\n", 0o644),
        }
    )
    assert machine.docker("start", machine.name).returncode == 0
    machine.shell(NETWORK)
    machine.shell(
        f"mkdir -p /volumes; truncate -s 64M /plumbline-volume; ln -s $(losetup --find --show /plumbline-volume) {DEVICE}4711"
    )


def restart(machine: BootNode) -> None:
    """Off and on; the provider attaches the network again."""
    assert machine.docker("stop", "--time", "100", machine.name, timeout=150).returncode == 0
    assert machine.docker("start", machine.name).returncode == 0
    machine.shell(NETWORK)


def entrance(machine: BootNode) -> Iterator[tuple[str, bool]]:
    yield (
        "the administrator enters with the key, and becomes root",
        machine.shell(f"{SSH} ops@127.0.0.1 sudo -n id -u") == "0",
    )
    yield "root does not", machine.run("sh", "-c", f"{SSH} root@127.0.0.1 true")[0] == 255
    refused = machine.run("sh", "-c", f"{SSH} -o PubkeyAuthentication=no ops@127.0.0.1 true")
    yield "nobody does with a password", refused[0] == 255 and "(publickey)" in refused[1]


def deliver(machine: BootNode, word: bytes) -> None:
    """What a roll-out brings."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("word")
        entry.size = len(word)
        tar.addfile(entry, io.BytesIO(word))
    recipient = machine.shell(f"{SSH} ops@127.0.0.1 cat /etc/docpipe/recipient")
    code, _ = machine.run(
        "age", "--recipient", recipient, "--output", "/opt/docpipe/secrets.age", stdin=archive.getvalue()
    )
    assert code == 0
    role = (
        Path("deploy/online/acme/db.env").read_text().replace("PRIVATE_ADDRESS=10.1.1.30", "PRIVATE_ADDRESS=10.1.1.77")
    )
    machine.put({"/opt/docpipe/compose.yaml": (COMPOSE, 0o644), "/opt/docpipe/role.env": (role, 0o644)})
    machine.shell(IMAGE)


def asks(machine: BootNode, neighbour: str) -> str:
    """What a neighbour reads at the store's port."""
    return machine.run(
        "ip", "netns", "exec", neighbour, "busybox", "wget", "-qO-", "-T", "3", "http://10.1.1.30:5432/word"
    )[1]


def at_work(machine: BootNode, word: str) -> Iterator[tuple[str, bool]]:
    yield "a worker reaches the published port", asks(machine, "worker") == word
    yield "a stranger in the network does not", word not in asks(machine, "stranger")
    volume = machine.shell("findmnt -n -o SOURCE /mnt/tenant-data")
    named = machine.shell(
        "df --output=source $(docker volume inspect -f '{{.Mountpoint}}' docpipe-online-db_data) | tail -n 1"
    )
    yield "named volumes lie on the volume", named == volume and volume.startswith("/dev/loop")
    yield (
        "secrets are in memory",
        machine.shell("findmnt -n -o FSTYPE,OPTIONS /opt/docpipe/secrets").startswith("tmpfs"),
    )
    yield "the project has this node's address", "PRIVATE_ADDRESS=10.1.1.30" in machine.shell("cat /opt/docpipe/.env")


if __name__ == "__main__":
    sys.exit(with_engine(main))
