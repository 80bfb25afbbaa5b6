"""PLB601…: secrets go by name; the spec holds no value of one, and neither does an environment."""

from collections.abc import Iterator

from plumbline.report.masking import SECRET_NAME, is_literal, secret_in, url_credentials_in
from plumbline.spec.paths import PathText, inner_path, path_of
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import is_template
from schema.service import Override, SecretUse, Service
from schema.types import Value
from validators.rules.effective_services import raw
from validators.rules.registry import Violation, rule

INVENTORY = """\
secrets.yaml:
  folder: secrets/{tenant}
  encryption: SOPS
  secrets:
    sample_password: {title: Sample, owner: operations, scope: tenant, length: 32, rotation_days: 90}
"""
AS_FILE = INVENTORY + "services/web.yaml: {secrets: {sample_password: {variable: SAMPLE_PASSWORD_FILE}}}\n"

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
ANOTHER_RECIPIENT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
TENANTS = f"""\
tenants.yaml:
  tenants:
    one: {{{{title: One, octet: 1, state: ACTIVE, recipient: {RECIPIENT}}}}}
    two: {{{{title: Two, octet: 2, state: ACTIVE, recipient: {{other}}}}}}
"""


@rule(
    "PLB601",
    title="Secret value in an environment variable",
    why="Anyone can read the spec, `docker inspect` shows the environment, and child processes inherit it.",
    fix="Add the secret to secrets.yaml, and use it under `secrets` with `variable`.",
    failing="services/web.yaml: {environment: {DB_PASSWORD: correct-horse}}\n",
    passing=AS_FILE,
)
def secret_in_environment(spec: Spec) -> Iterator[Violation]:
    for path, name, value in _environment(spec):
        if SECRET_NAME.search(name) and is_literal(raw(value)):
            yield Violation(path, f"{name} has a literal value", at_key=True)


@rule(
    "PLB602",
    title="Secret passed as an environment variable",
    why="`docker inspect` shows the environment, and its values often end up in logs and crash reports.",
    fix="Use `variable` (the image's `…_FILE` form) or a configuration file; otherwise add a waiver.",
    failing=INVENTORY + "services/web.yaml: {secrets: {sample_password: {environment: SAMPLE_PASSWORD}}}\n",
    passing=AS_FILE,
)
def secret_as_environment(spec: Spec) -> Iterator[Violation]:
    for path, use in _uses(spec):
        if use.environment:
            yield Violation(
                path_of(path, "environment"), f"the secret's value is put in the variable {use.environment}"
            )


@rule(
    "PLB603",
    title="Secret written in the spec",
    why="Whatever is committed once stays in the history and in every clone.",
    fix="Remove it, rotate the secret, and read it from its file under /run/secrets.",
    failing='services/web.yaml: {command: ["--token=AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQ"]}\n',
    passing=AS_FILE,
)
def written_secret(spec: Spec) -> Iterator[Violation]:
    for path, text in _texts(spec):
        kind = secret_in(text)
        if kind:
            yield Violation(path, f"this looks like {kind}")
    for name, text in spec.templates.items():
        kind = secret_in(text, copied=not is_template(name))
        if kind:
            yield Violation(_template_path(spec, name), f"{name} seems to hold {kind}")


@rule(
    "PLB604",
    title="Password in a URL",
    why="URLs are logged, shown in error messages and passed on to other services.",
    fix="Remove the password from the URL, and pass it as a secret file.",
    failing='services/web.yaml: {environment: {DB_URL: "postgresql://app:hunter22@db/app"}}\n',
    passing='services/web.yaml: {environment: {DB_URL: "postgresql://app@db/app"}}\n',
)
def password_in_url(spec: Spec) -> Iterator[Violation]:
    for path, text in _texts(spec):
        scheme = url_credentials_in(text)
        if scheme:
            yield Violation(path, f"a {scheme} URL holds a password")
    for name, text in spec.templates.items():
        scheme = url_credentials_in(text)
        if scheme:
            yield Violation(_template_path(spec, name), f"{name} holds a {scheme} URL with a password")


@rule(
    "PLB605",
    title="Unused secret",
    why="It is stored and rotated for nothing, or its service no longer lists it.",
    fix="Remove it from secrets.yaml, or use it in a service or for backups.",
    failing=INVENTORY,
    passing=AS_FILE,
)
def unused_secret(spec: Spec) -> Iterator[Violation]:
    for name in unused_secrets(spec):
        yield Violation(path_of("secrets", name), f"nothing uses secret {name}", at_key=True)


def unused_secrets(spec: Spec) -> list[str]:
    """Names of the inventory that neither a service nor the backups' destination uses."""
    used = {path.rsplit(".", 1)[1] for path, _ in _uses(spec)}
    if destination := spec.backups.destination:
        used |= {destination.access_key, destination.secret_key}
    return [name for name in spec.secrets.secrets if name not in used]


@rule(
    "PLB606",
    title="Secret passed both as a file and as a value",
    why="The file protects nothing when the environment holds the value as well.",
    fix="Remove `environment`.",
    failing=INVENTORY + "services/web.yaml: {secrets: {sample_password: {variable: A_FILE, environment: A}}}\n",
    passing=AS_FILE,
)
def ambiguous_secret(spec: Spec) -> Iterator[Violation]:
    for path, use in _uses(spec):
        if use.environment and use.variable:
            yield Violation(path, "the secret is passed both as a file's path and as a value")


@rule(
    "PLB607",
    title="Secret folder shared by all tenants",
    why="Secrets of several tenants in one folder are encrypted with one key, so that key opens all of them.",
    fix="Put `{tenant}` in `folder`.",
    failing=AS_FILE.replace("secrets/{tenant}", "secrets/all"),
    passing=AS_FILE,
)
def shared_secret_folder(spec: Spec) -> Iterator[Violation]:
    per_tenant = any(secret.scope == "tenant" for secret in spec.secrets.secrets.values())
    if per_tenant and "{tenant}" not in spec.secrets.folder:
        yield Violation(
            path_of("secrets", "folder"), "secrets of all tenants would share one folder", observed=spec.secrets.folder
        )


@rule(
    "PLB608",
    title="Encryption key shared by two tenants",
    why="The same key opens the secrets of both tenants, and cannot be revoked for only one of them.",
    fix="Create another key with `age-keygen`, and re-encrypt this tenant's secrets with it.",
    failing=TENANTS.format(other=RECIPIENT),
    passing=TENANTS.format(other=ANOTHER_RECIPIENT),
)
def shared_recipient(spec: Spec) -> Iterator[Violation]:
    first: dict[str, str] = {}
    for name, tenant in spec.tenants.tenants.items():
        if tenant.recipient and (other := first.setdefault(tenant.recipient, name)) != name:
            yield Violation(path_of("tenants", name, "recipient"), f"tenant {name} has the same recipient as {other}")


def _environment(spec: Spec) -> Iterator[tuple[PathText, str, Value]]:
    """Path, name and value of each variable, overrides included."""
    for base, part in _parts(spec):
        for name, value in (part.environment or {}).items():
            if value is not None:
                yield path_of(base, "environment", name), name, value


def _uses(spec: Spec) -> Iterator[tuple[PathText, SecretUse]]:
    for base, part in _parts(spec):
        for name, use in (part.secrets or {}).items():
            if use is not None:
                yield path_of(base, "secrets", name), use


def _texts(spec: Spec) -> Iterator[tuple[PathText, str]]:
    """Path and text of everything that a service is given."""
    for path, _, value in _environment(spec):
        yield path, raw(value)
    for base, part in _parts(spec):
        health = part.health.command if part.health else None
        arguments = (
            ("entrypoint", part.entrypoint),
            ("command", part.command),
            (inner_path("health", "command"), health),
        )
        for field, values in arguments:
            yield from ((path_of(base, field, index), raw(value)) for index, value in enumerate(values or ()))


def _parts(spec: Spec) -> Iterator[tuple[PathText, Service | Override]]:
    """Each service and each of its overrides, with its path."""
    for name, service in spec.services.items():
        yield path_of("services", name), service
        yield from ((path_of("services", name, "modes", mode), override) for mode, override in service.modes.items())


def _template_path(spec: Spec, template: str) -> PathText:
    """The first place that names the template."""
    for base, part in _parts(spec):
        for index, file in enumerate(part.config or ()):
            if file.source == template:
                return path_of(base, "config", index)
    return path_of("services")
