"""A TCP port on loopback that speaks TLS with client certificates, in front of an engine's socket: a remote engine as users have them."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CHUNK = 65536


@contextmanager
def tls_proxy(unix_socket: str, certificates: Path) -> Iterator[int]:
    """The port; `certificates` gets ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH has them."""
    make_certificates(certificates)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, context, unix_socket), daemon=True).start()
        yield int(server.getsockname()[1])


def make_certificates(folder: Path) -> None:
    """A certificate for 127.0.0.1 that is its own authority, for both sides."""
    folder.mkdir()
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    call = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    call += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(call, capture_output=True, check=True)
    (folder / "ca.pem").write_bytes((folder / "cert.pem").read_bytes())


def _accept(server: socket.socket, context: ssl.SSLContext, unix_socket: str) -> None:
    with suppress(OSError):
        while True:
            plain, _ = server.accept()
            threading.Thread(target=_serve, args=(plain, context, unix_socket), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, unix_socket: str) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as client,
        socket.socket(socket.AF_UNIX) as engine,
    ):
        engine.connect(unix_socket)
        back = threading.Thread(target=_pump, args=(engine, client), daemon=True)
        back.start()
        _pump(client, engine)
        with suppress(OSError):
            engine.shutdown(socket.SHUT_WR)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
