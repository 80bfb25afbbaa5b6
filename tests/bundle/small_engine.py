"""An engine for scripts that go from one release to another: services are files, images are names with an ID, each call is noted."""

import json
from collections.abc import Mapping
from pathlib import Path

from generators.release_facts import text_of
from schema.bundle import BundledImage
from schema.release import ReleaseFacts
from tests.bundle.bench_host import BenchHost, bench_host
from tests.bundle.tampering import Keys, signed

# A service runs while there is a file of its name in `running`. The compose file is a list of names, a profile behind some.
_DOCKER = """#!/bin/sh
cd '{folder}/engine'
named() {{ sed 's/ .*//' '{home}/compose.yaml'; }}
started() {{ sed '/ /d' '{home}/compose.yaml'; }}
running() {{ for each in running/*; do [ ! -e "$each" ] || echo "${{each#running/}}"; done; }}
up() {{
  services=''
  for word; do
    case $word in --* | [0-9]*) ;; *) services="$services $word" ;; esac
  done
  for each in ${{services:-$(started)}}; do
    if [ -e "sick/$each" ]; then rm -f "running/$each"; exit 1; fi
    cp '{home}/release.json' "running/$each" 2> /dev/null || : > "running/$each"
  done
}}
case "$*" in
  *.Server.Version*) echo 99.0 ;;
  *.Server.Os*) echo linux/amd64 ;;
  'compose version'*) echo 99.0 ;;
  *DriverStatus*) echo overlay2 ;;
  *DockerRootDir*) echo / ;;
  load*) cat > /dev/null; cat '{folder}/loads' | while read -r name id; do echo "$id" > "images/$(echo "$name" | tr / _)"; done ;;
  'image inspect'*) for last; do :; done; cat "images/$(echo "$last" | tr / _)" 2> /dev/null || exit 1 ;;
  'image rm'*) rm "images/$(echo "$3" | tr / _)" 2> /dev/null || exit 1 ;;
  tag*) cp "images/$(echo "$2" | tr / _)" "images/$(echo "$3" | tr / _)" || exit 1 ;;
  ps*io.plumbline.copy=*) for last; do :; done; [ ! -e "copies/${{last#*copy=}}" ] || echo "copy-${{last#*copy=}}" ;;
  ps*"label=io.plumbline.copy --format"*) ls copies ;;
  ps*) case "$*" in *'{{{{.ID}}}} {{{{.Label'*) for each in $(running); do echo "id-$each $each"; done ;; esac ;;
  port*) echo '80/tcp -> 127.0.0.1:9' | sed "${{3:+s/.*> //}}" ;;
  inspect*Health*) for each in $(cat); do echo 'running 0 healthy 0 3'; done ;;
  inspect*) echo 0 ;;
  'stop copy-'*) echo "stop a copy of ${{2#copy-}}" >> calls ;;
  'rm copy-'*) rm "copies/${{2#copy-}}" ;;
  'stop id-'* | 'rm id-'*) echo "$*" >> calls; rm -f "running/${{2#id-}}" ;;
  *'ps --all --format {{{{.Service}}'*) for each in $(running); do echo "$each healthy running"; done ;;
  *' ps --quiet --status running '*) for last; do :; done; [ ! -e "running/$last" ] || echo "$last" ;;
  *"--profile * config --services") named ;;
  *'config --services') started ;;
  *' up '*) echo "up${{*#* up}}" >> calls; shift 6; up "$@" ;;
  *' stop '*) echo "stop${{*#* stop}}" >> calls; shift 6; for each; do rm -f "running/$each"; done ;;
  *' run --detach '*) for last; do :; done; echo "second copy of $last" >> calls; : > "copies/$last" ;;
  *' run '*) for last; do :; done; echo "run $last" >> calls; [ ! -e "sick/$last" ] ;;
  *' down') echo down >> calls; rm -f running/* ;;
esac
"""
IMAGE = "sample:1"


class SmallEngine:
    """A bench host with it, and bundles for it."""

    def __init__(self, folder: Path, keys: Keys):
        self.host: BenchHost = bench_host(folder)
        self.keys = keys
        self.engine = folder / "engine"
        for name in ("running", "images", "sick", "copies"):
            (self.engine / name).mkdir(parents=True)
        self.host.stub("docker", _DOCKER.format(folder=folder, home=self.host.home))
        self.host.stub("sleep", "#!/bin/sh\n")
        (self.engine / "calls").touch()

    def bundle(
        self, release: str, facts: ReleaseFacts, files: Mapping[str, str] | None = None, image: str = "0"
    ) -> Path:
        """A signed one; `image` is the digit that its image's ID is made of."""
        digest = f"sha256:{image * 64}"
        described = BundledImage(
            image="sample",
            name=IMAGE,
            config=digest,
            manifest=digest,
            index=None,
            origin="engine",
            size=1,
            stand_in=None,
        )
        lines = [f"{name} {' '.join(each.profiles)}".strip() for name, each in facts.services.items()]
        content = {
            "deployment/compose.yaml": "".join(f"{line}\n" for line in lines),
            "deployment/.env.example": f"RELEASE={release}\n",
            "deployment/release.json": text_of(facts),
            "images/blobs/one": digest,
            "scripts/rollback.sh": "#!/bin/sh\n",
            "site/index.html": release,
            **(files or {}),
        }
        data = {path: text.encode() for path, text in content.items() if text}
        file = self.host.folder / f"bundle-{release}"
        file.write_bytes(signed(self.keys.publisher, data, release, images=(described,)))
        (self.host.folder / f"loads-{release}").write_text(f"{IMAGE} {digest}\n")
        return file

    def install(self, bundle: Path, *words: str) -> tuple[int, list[str], str]:
        """Exit code, calls of this run that change something, and what it says."""
        (self.host.folder / "loads").write_text(bundle.with_name(bundle.name.replace("bundle", "loads")).read_text())
        trust: list[str | Path] = [
            "--key",
            self.keys.publisher.public,
            "--fingerprint",
            self.keys.publisher.fingerprint,
        ]
        return self._run("install", *trust, *words, bundle)

    def rollback(self, *words: str) -> tuple[int, list[str], str]:
        """The same of rollback.sh."""
        return self._run("rollback", *words)

    def _run(self, script: str, *words: str | Path) -> tuple[int, list[str], str]:
        (self.engine / "calls").write_text("")
        done = self.host.run(script, *words)
        return done.returncode, (self.engine / "calls").read_text().splitlines(), done.stdout + done.stderr

    def made_from(self, service: str) -> str:
        """The entry of the release that a running service was made from; empty where it does not run."""
        file = self.engine / "running" / service
        return str(json.loads(file.read_text())["services"][service]["entry"]) if file.exists() else ""

    def installed(self) -> str:
        """The release that stands in the home."""
        return str(json.loads((self.host.home / "MANIFEST.json").read_text())["release"])

    def sick(self, name: str, ill: bool = True) -> None:
        """Whether a service or job fails from now on."""
        file = self.engine / "sick" / name
        file.touch() if ill else file.unlink()
