"""A certificate authority that speaks ACME, on loopback: Debian's `pebble`, and the name server that it asks."""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.gateway.standing import free_ports
from tests.stack.waiting import until


@dataclass(frozen=True)
class Authority:
    """An authority that stands."""

    directory: str
    """URL of its ACME directory."""
    certificate: Path
    """What its own interface is trusted by."""
    management: str
    log: Path

    def root(self) -> str:
        """The certificate that those which it issues are trusted by, as PEM."""
        with urlopen(f"{self.management}/roots/0", context=ssl.create_default_context(cafile=self.certificate)) as got:
            return str(got.read().decode())


@contextmanager
def authority(folder: Path, ports: dict[str, int]) -> Iterator[Authority]:
    """The authority, until the block ends. It looks for challenges on the entry's ports of this machine."""
    folder.mkdir()
    acme, management, names, hints = free_ports(4)
    key, certificate, log = folder / "key.pem", folder / "cert.pem", folder / "log"
    call = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    call += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(call, capture_output=True, check=True)
    settings = {
        "listenAddress": f"127.0.0.1:{acme}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(certificate),
        "privateKey": str(key),
        "httpPort": ports["http"],
        "tlsPort": ports["https"],
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    server = ["pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", f"127.0.0.1:{names}"]
    server += ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", f"127.0.0.1:{hints}"]
    found = Authority(f"https://127.0.0.1:{acme}/dir", certificate, f"https://127.0.0.1:{management}", log)
    with ExitStack() as stack:
        stack.enter_context(_running(server, folder / "names.log"))
        pebble = ["pebble", "-config", str(folder / "pebble.json"), "-strict", "-dnsserver", f"127.0.0.1:{names}"]
        stack.enter_context(_running(pebble, log))
        until(lambda: _answers(found), f"the authority; see {log}")
        yield found


def _answers(found: Authority) -> bool:
    try:
        return bool(found.root())
    except OSError:
        return False


@contextmanager
def _running(call: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        process = subprocess.Popen(call, stdout=out, stderr=subprocess.STDOUT, env=environment)
        try:
            yield
        finally:
            process.kill()
            process.wait()
