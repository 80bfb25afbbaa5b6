"""A registry, asked over the OCI distribution API: digests of tags, manifests, blobs. Reads, and never writes."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from plumbline.bundle.images import Layout, NotSaved, Saved
from plumbline.spec.finding import EnvironmentMissing

_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_SECONDS = (10, 60)
_RETRIES = Retry(
    total=4,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET", "HEAD"),
    retry_after_max=60,
)
_PIECE = 2**20
_LARGEST_MANIFEST = 4 * 2**20
_DOCKER_HUB = "registry-1.docker.io"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class NotThere(EnvironmentMissing):
    """The registry answers, and has no such tag or digest."""


@dataclass(frozen=True)
class Resolved:
    """What a tag leads to."""

    digest: str
    """Digest of the manifest list, or of the manifest where there is no list."""
    platforms: tuple[str, ...]
    """E.g. `linux/amd64`."""


class Registry:
    """One registry. Users and passwords come from docker's own settings, as `docker login` left them."""

    def __init__(self, host: str):
        self.host = host
        self._session = requests.Session()
        self._session.mount("https://", HTTPAdapter(max_retries=_RETRIES))
        self._session.mount("http://", HTTPAdapter(max_retries=_RETRIES))
        scheme = "http" if host.split(":", maxsplit=1)[0] in ("localhost", "127.0.0.1") else "https"
        self._base = f"{scheme}://{_DOCKER_HUB if host == 'docker.io' else host}/v2"
        self._tokens: dict[str, str] = {}

    def resolve(self, repository: str, tag: str) -> Resolved:
        """The digest that a tag has now. Raises NotThere, EnvironmentMissing."""
        content, digest = self._manifest(repository, tag)
        platforms = [entry.get("platform") or {} for entry in content.get("manifests", [])]
        if "config" in content:
            platforms = [json.loads(b"".join(self._blob(repository, content["config"]["digest"])))]
        names = {f"{each.get('os')}/{each.get('architecture')}" for each in platforms}
        return Resolved(digest, tuple(sorted(name for name in names if "unknown" not in name)))

    def fetch(self, layout: Layout, repository: str, digest: str, platform: str) -> Saved:
        """Take an image for a platform into a layout, as the registry's own bytes. Raises EnvironmentMissing, NotSaved."""
        content, _ = self._manifest(repository, digest)
        if "manifests" in content:
            system, processor = platform.split("/")
            wanted = [
                entry["digest"]
                for entry in content["manifests"]
                if (entry.get("platform") or {}).get("os") == system
                and (entry.get("platform") or {}).get("architecture") == processor
            ]
            if not wanted:
                raise NotSaved(f"{repository}@{digest} has no image for {platform}")
            digest = wanted[0]
            content, _ = self._manifest(repository, digest)
        for blob in (content["config"], *content["layers"]):
            if not layout.has(blob["digest"]):
                layout.add(blob["digest"], self._blob(repository, blob["digest"]))
        if not layout.has(digest):
            layout.add(digest, [self._text(repository, digest)])
        return layout.image_of(digest)

    def _manifest(self, repository: str, reference: str) -> tuple[dict[str, Any], str]:
        text = self._text(repository, reference)
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        if reference.startswith("sha256:") and digest != reference:
            raise NotSaved(f"{self.host}/{repository}@{reference} came as {digest}")
        return dict(json.loads(text)), digest

    def _text(self, repository: str, reference: str) -> bytes:
        answer = self._get(repository, f"manifests/{reference}")
        if len(answer.content) > _LARGEST_MANIFEST:
            raise NotSaved(f"the manifest of {repository}:{reference} has {len(answer.content)} bytes")
        return answer.content

    def _blob(self, repository: str, digest: str) -> Iterator[bytes]:
        with self._get(repository, f"blobs/{digest}", stream=True) as answer:
            yield from answer.iter_content(_PIECE)

    def _get(self, repository: str, path: str, stream: bool = False) -> requests.Response:
        url = f"{self._base}/{repository}/{path}"
        try:
            answer = self._asked(url, repository, stream)
            if answer.status_code == requests.codes.unauthorized and self._answer(answer, repository):
                answer = self._asked(url, repository, stream)
        except requests.RequestException as error:
            hint = "check its name and the network; several attempts failed"
            raise EnvironmentMissing(f"{self.host} does not answer: {type(error).__name__}", hint) from None
        if answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise EnvironmentMissing(
                f"{self.host} does not allow you to read {repository}", f"docker login {self.host}"
            )
        if answer.status_code == requests.codes.not_found:
            raise NotThere(f"{self.host} has no {repository}, {path}", "check the repository and the tag")
        if not answer.ok:
            raise EnvironmentMissing(f"{self.host} answered {answer.status_code} to {path}", "try again later")
        return answer

    def _asked(self, url: str, repository: str, stream: bool) -> requests.Response:
        headers = {"Accept": _ACCEPT}
        if repository in self._tokens:
            headers["Authorization"] = self._tokens[repository]
        return self._session.get(url, headers=headers, timeout=_SECONDS, stream=stream)

    def _answer(self, refused: requests.Response, repository: str) -> bool:
        """Take up a registry's challenge; whether there is something to try."""
        kind, _, rest = refused.headers.get("WWW-Authenticate", "").partition(" ")
        user = self._user()
        if kind.lower() == "basic" and user:
            request = requests.Request("GET", refused.url, auth=user).prepare()
            self._tokens[repository] = request.headers["Authorization"]
            return True
        if kind.lower() != "bearer":
            return False
        terms = dict(_CHALLENGE.findall(rest))
        wanted = {"service": terms.get("service", ""), "scope": f"repository:{repository}:pull"}
        answer = self._session.get(terms.get("realm", ""), params=wanted, auth=user, timeout=_SECONDS)
        token = answer.json().get("token") or answer.json().get("access_token") if answer.ok else None
        if token:
            self._tokens[repository] = f"Bearer {token}"
        return bool(token)

    def _user(self) -> tuple[str, str] | None:
        from docker.auth import load_config
        from docker.errors import DockerException

        try:
            found = load_config().resolve_authconfig(self.host) or {}
        except DockerException as error:
            hint = "check credsStore and credHelpers in docker's config.json"
            raise EnvironmentMissing(f"docker's configuration has no password for {self.host}: {error}", hint) from None
        # what a credential helper gives is spelled with capitals
        known = {key.lower(): value for key, value in found.items()}
        return (known["username"], known["password"]) if known.get("username") else None


def split_name(repository: str) -> tuple[str, str]:
    """Registry and path of a repository as images.yaml has it."""
    host, _, path = repository.partition("/")
    if path and ("." in host or ":" in host or host == "localhost"):
        return host, path
    return "docker.io", repository if path else f"library/{repository}"
