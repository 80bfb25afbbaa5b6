"""PLB143, PLB144: files of Traefik and of Prometheus, and the names and paths in them."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

import yaml

from plumbline.effective.config_files import TENANT
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services
from validators.rules.yaml_texts import document_of

Read = tuple[WrittenText, Mapping[str, Any]]
"""A file, and what is read out of it."""


def files_of_program(spec: Spec, program: str) -> Iterator[tuple[Placed, list[Read]]]:
    """The YAML files of each service whose image is a program's."""
    for placed, texts in of_services(spec):
        image = spec.images.images.get(placed.service.image)
        if image is None or image.repository.rpartition("/")[2] != program:
            continue
        if not all(text.resolves for text in texts):
            continue  # PLB107 says so; what the others name may stand there
        found: list[Read] = []
        for text in texts:
            if text.where == Where.CONFIG and text.name.removesuffix(".j2").endswith((".yml", ".yaml")):
                try:
                    document = document_of(text.shown)
                except yaml.YAMLError:
                    continue  # PLB140 says so
                if isinstance(document, dict):
                    found.append((text, document))
        if found:
            yield placed, found


def dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *keys: str) -> Mapping[str, Any]:
    found = dig(value, *keys)
    return found if isinstance(found, dict) else {}


def violation_at(text: WrittenText, word: str, message: str, known: Any = ()) -> Violation:
    """At the line of a file that has the word, with the name like it that is known."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else None
    return Violation(text.path, message, hint, observed=word, location=text.at_word(word))


_ROUTES = """
config/routes.yml: |
  http:
    routers: {{web: {{rule: "Host(`x`)", service: {0}}}}}
    services: {{web: {{loadBalancer: {{servers: []}}}}}}
services/web.yaml: {{config: [{{source: config/routes.yml, target: /etc/traefik/routes.yml}}]}}
"""


@rule(
    "PLB143",
    title="Undefined name or unmounted path in Traefik's files",
    why="Traefik drops the router and says so only in its log: requests for the host get 404.",
    fix="Correct the name or path, or define it.",
    failing=_ROUTES.format("wbe"),
    passing=_ROUTES.format("web"),
)
def unknown_to_traefik(spec: Spec) -> Iterator[Violation]:
    """Services, middlewares, entry points, resolvers and folders that Traefik's files name and do not define."""
    yield from once(found for placed, files in files_of_program(spec, "traefik") for found in _traefik(placed, files))


def _traefik(placed: Placed, files: list[Read]) -> Iterator[Violation]:
    arguments = " ".join(str(word) for word in placed.service.command or ()).lower()
    entries = {name for _, file in files for name in mapping(file, "entryPoints")}
    entries |= set(re.findall(r"--entrypoints\.([\w-]+)\.", arguments))
    resolvers = {name for _, file in files for name in mapping(file, "certificatesResolvers")}
    redirecting = {
        str(name)
        for _, file in files
        for name, each in mapping(file, "entryPoints").items()
        if dig(each, "http", "redirections", "entryPoint", "to")
    }
    for text, file in files:
        yield from _unused_middlewares(text, file, files)
        for kind in ("http", "tcp"):
            known = {
                each: {name for _, other in files for name in mapping(other, kind, each)}
                for each in ("services", "middlewares")
            }
            for router in filter(None, mapping(file, kind, "routers").values()):
                asked = [("service", dig(router, "service"), known["services"])]
                asked += [("middleware", name, known["middlewares"]) for name in dig(router, "middlewares") or ()]
                asked += [("entry point", name, entries) for name in dig(router, "entryPoints") or () if entries]
                asked += [("resolver", dig(router, "tls", "certResolver"), resolvers)]
                for what, name, there in asked:
                    if isinstance(name, str) and "@" not in name and name not in there:
                        yield violation_at(text, name, f"there is no {what} `{name}`", there)
        named = [dig(file, "ping", "entryPoint")]
        named += [
            dig(each, "http", "redirections", "entryPoint", "to") for each in mapping(file, "entryPoints").values()
        ]
        named += [
            dig(each, "acme", "httpChallenge", "entryPoint") for each in mapping(file, "certificatesResolvers").values()
        ]
        for name in named:
            if isinstance(name, str) and name not in entries and not name.startswith(":"):
                yield violation_at(text, name, f"there is no entry point `{name}`", entries)
        yield from _traefik_paths(placed, text, file)
        yield from _traefik_hosts(placed, text, file)
        yield from _traefik_tls(text, file)
        yield from _never_asked(text, file, redirecting)


_PROTECTING = frozenset(
    {"basicAuth", "buffering", "digestAuth", "forwardAuth", "inFlightReq", "ipAllowList", "ipWhiteList", "rateLimit"}
)


def _unused_middlewares(text: WrittenText, file: Mapping[str, Any], files: list[Read]) -> Iterator[Violation]:
    """Middlewares that protect, and that no router passes a request through."""
    used = {
        str(name).partition("@")[0]
        for _, other in files
        for each in (*mapping(other, "http", "routers").values(), *mapping(other, "entryPoints").values())
        for name in (*(dig(each, "middlewares") or ()), *(dig(each, "http", "middlewares") or ()))
    }
    chained = {
        str(name).partition("@")[0]
        for _, other in files
        for each in mapping(other, "http", "middlewares").values()
        for name in dig(each, "chain", "middlewares") or ()
    }
    if not used:
        return
    for name, each in mapping(file, "http", "middlewares").items():
        if name not in used | chained and _PROTECTING & set(map(str, each if isinstance(each, dict) else ())):
            yield violation_at(text, str(name), f"no router uses middleware `{name}`", used)


def _traefik_paths(placed: Placed, text: WrittenText, file: Mapping[str, Any]) -> Iterator[Violation]:
    targets = [PurePosixPath(each.target) for each in placed.service.config]
    folders = {*(str(each.parent) for each in targets), *(mount.target for mount in placed.service.mounts)}
    folder, name = (dig(file, "providers", "file", key) for key in ("directory", "filename"))
    if isinstance(folder, str) and folder.rstrip("/") not in folders | set(placed.service.volumes.values()):
        yield violation_at(text, folder, f"nothing is mounted in {folder}", folders)
    if isinstance(name, str) and name not in map(str, targets):
        yield violation_at(text, name, f"no file is mounted at {name}", map(str, targets))
    for each in mapping(file, "certificatesResolvers").values():
        storage = dig(each, "acme", "storage")
        kept = [
            *placed.service.volumes.values(),
            *(mount.target for mount in placed.service.mounts if not mount.read_only),
        ]
        if isinstance(storage, str) and not any(PurePosixPath(storage).is_relative_to(path) for path in kept):
            message = (
                f"{storage} is not in a volume: each start requests new certificates, which the issuer soon refuses"
            )
            word = next((line for line in text.literal.splitlines() if "storage:" in line), storage)
            yield Violation(text.path, message, location=text.at_word(word))


_HOST_RULE = re.compile(r"\bHost\(\s*[`'\"](?P<host>[^`'\"]+)[`'\"]\s*\)")


def _traefik_hosts(placed: Placed, text: WrittenText, file: Mapping[str, Any]) -> Iterator[Violation]:
    """Routers of a tenant for another host than the tenant's, and entry points that redirect to themselves."""
    entry = placed.spec.topology[placed.mode].entry
    if TENANT in placed.service.config[int(str(text.path.parts[-1]))].target and entry.service == placed.id:
        hosts = set(_HOST_RULE.findall(" ".join(map(str, mapping(file, "http", "routers").values()))))
        known = {placed.spec.platform.domain.replace(TENANT, tenant) for tenant in placed.spec.tenants.tenants}
        if hosts and not hosts & known:
            name = sorted(hosts)[0]
            at = text.at(max(0, text.literal.find("Host(")))
            yield Violation(
                text.path,
                f"`{name}` is not a tenant's host name",
                expected=sorted(known)[0],
                observed=name,
                location=at,
            )
    for name, each in mapping(file, "entryPoints").items():
        to = dig(each, "http", "redirections", "entryPoint", "to")
        if to == name:
            yield violation_at(text, "redirections", f"entry point `{name}` redirects to itself, without end")


_VERSIONS = tuple(f"VersionTLS1{minor}" for minor in range(4))


def _traefik_tls(text: WrittenText, file: Mapping[str, Any]) -> Iterator[Violation]:
    """Versions of TLS that are none, and certificates that stand for their own key."""
    for each in mapping(file, "tls", "options").values():
        for key in ("minVersion", "maxVersion"):
            version = dig(each, key)
            if isinstance(version, str) and version not in _VERSIONS:
                yield violation_at(text, version, f"there is no version `{version}`", _VERSIONS)
    for each in dig(file, "tls", "certificates") or ():
        if dig(each, "certFile") and dig(each, "certFile") == dig(each, "keyFile"):
            yield violation_at(text, "keyFile", f"{dig(each, 'keyFile')} is the certificate and the key")


def _never_asked(text: WrittenText, file: Mapping[str, Any], redirecting: set[str]) -> Iterator[Violation]:
    """Routers at entry points alone that send every request elsewhere."""
    for name, each in mapping(file, "http", "routers").items():
        points = dig(each, "entryPoints") or ()
        if points and set(map(str, points)) <= redirecting and dig(each, "priority") is None:
            message = (
                f"router `{name}` is never asked: entry point {' and '.join(map(str, points))} redirects everything"
            )
            yield violation_at(text, "entryPoints", message)


_KEYS = frozenset(
    {"alerting", "global", "otlp", "remote_read", "remote_write", "rule_files", "runtime", "scrape_config_files", "scrape_configs",
     "storage", "tracing"}
)  # fmt: skip
_PARTS = frozenset(
    {"body_size_limit", "evaluation_interval", "external_labels", "follow_redirects", "honor_labels", "honor_timestamps", "job_name",
     "keep_dropped_targets", "label_limit", "metric_relabel_configs", "metrics_path", "query_log_file", "relabel_configs",
     "sample_limit", "scheme", "scrape_interval", "scrape_protocols", "scrape_timeout", "static_configs", "target_limit"}
)  # fmt: skip
"""Keys of `global` and of a job; there are more, of which no mistyped one is known by these."""
_ITSELF = re.compile(r"localhost|127(?:\.\d+){3}")
_DURATION = re.compile(r"0|(?:\d+(?:ms|[smhdwy]))+")
_SCRAPES = """
images.yaml:
  images:
    prometheus: {{repository: docker.io/prom/prometheus, tag: v3.5.0, digest: "sha256:{1}", licence: Apache-2.0,
                  lifecycle: {{state: supported}}, http_client: wget}}
config/prometheus.yml: "global: {{scrape_interval: {0}}}"
services/watch.yaml:
  {{title: Watch, summary: Watches., image: prometheus, ports: {{http: 9090}}, segments: [back],
    config: [{{source: config/prometheus.yml, target: /etc/prometheus/prometheus.yml}}]}}
topology/single.yaml: {{roles: {{host: {{services: [web, db, watch]}}}}}}
"""


@rule(
    "PLB144",
    title="Invalid Prometheus configuration",
    why="Prometheus exits at start, or it scrapes a host that does not exist and no alert for that target ever fires.",
    fix="Write keys from the manual, durations with a unit, and hosts and files that exist.",
    failing=_SCRAPES.format("30", "0f" * 32),
    passing=_SCRAPES.format("30s", "0f" * 32),
)
def not_for_prometheus(spec: Spec) -> Iterator[Violation]:
    """Keys and durations that are none, hosts of targets that are no service, rule files that nothing mounts."""
    yield from once(
        found
        for placed, files in files_of_program(spec, "prometheus")
        for read in files
        for found in _prometheus(placed, *read)
    )


def _prometheus(placed: Placed, text: WrittenText, file: Mapping[str, Any]) -> Iterator[Violation]:
    if not _KEYS & set(file):
        return  # rules, or targets of their own
    for key in sorted(set(map(str, file)) - _KEYS):
        yield violation_at(text, key, f"Prometheus has no key `{key}`", _KEYS)
    jobs = [job for job in dig(file, "scrape_configs") or () if isinstance(job, dict)]
    for part in (mapping(file, "global"), *jobs):
        for key, value in part.items():
            if str(key) not in _PARTS and get_close_matches(str(key), _PARTS, n=1, cutoff=0.85):
                yield violation_at(text, str(key), f"Prometheus has no key `{key}` there", _PARTS)
            elif str(key).endswith(("_interval", "_timeout")) and not _DURATION.fullmatch(str(value)):
                yield violation_at(
                    text, str(key), f"`{key}: {value}` is not a duration: a unit such as `s` or `m` is missing"
                )
    yield from _jobs_twice(text, jobs)
    for key in sorted(set(map(str, mapping(file, "alerting"))) - {"alertmanagers", "alert_relabel_configs"}):
        yield violation_at(text, key, f"Prometheus has no key `{key}` there", ("alertmanagers",))
    for job in jobs:
        for target in [each for static in dig(job, "static_configs") or () for each in dig(static, "targets") or ()]:
            host = str(target).rpartition(":")[0] or str(target)
            number = str(target).rpartition(":")[2]
            own = placed.service.ports.values()
            if _ITSELF.fullmatch(host) and own and number.isdecimal() and int(number) not in own:
                message = f"the container itself listens on {', '.join(map(str, own))}, not on {number}"
                yield violation_at(text, str(target), message, map(str, own))
            if re.fullmatch(r"[A-Za-z][\w-]*", host) and host not in {*placed.spec.services, "localhost"}:
                yield violation_at(text, host, f"there is no service `{host}` to scrape", placed.spec.services)


def _jobs_twice(text: WrittenText, jobs: list[dict[str, Any]]) -> Iterator[Violation]:
    names = [str(job.get("job_name")) for job in jobs if "job_name" in job]
    for name in sorted({each for each in names if names.count(each) > 1}):
        yield violation_at(text, "job_name", f"several jobs have the name `{name}`")
