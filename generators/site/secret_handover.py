"""How each service gets its secrets, in words; one source for all pages. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from generators.markdown import code
from plumbline.effective.deployment import field_path, services_of
from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.spec.paths import PathText
from plumbline.spec.spec import Spec
from schema.service import SecretUse


@dataclass(frozen=True, slots=True)
class Handover:
    """A secret that a service is given in a mode."""

    mode: str
    service: str
    secret: str
    use: SecretUse
    path: PathText
    """Spec path that says so."""

    @property
    def file(self) -> str:
        """The file that the secret is read from; empty where its value is in the environment."""
        return "" if self.use.environment else f"{SECRET_FOLDER}/{self.secret}"

    @property
    def variable(self) -> str | None:
        """The variable that holds the value, or the path of the file."""
        return self.use.environment or self.use.variable

    @property
    def value(self) -> str:
        """What that variable holds, in Markdown."""
        return code(self.file) if self.file else f"the value of secret {code(self.secret)}"


def handovers(spec: Spec) -> Iterator[Handover]:
    """Every secret of every service, by mode."""
    for mode in spec.modes:
        for name, service in services_of(spec, mode).items():
            for secret, use in sorted(service.secrets.items()):
                path = field_path(name, spec.services[name], mode, "secrets", secret)
                yield Handover(mode, name, secret, use, path)


def how_secrets_are_read(spec: Spec) -> str:
    """One sentence that is true of the whole spec, in Markdown."""
    every = list(handovers(spec))
    open_ones = sorted({each.secret for each in every if not each.file})
    if not every:
        return "No service reads a secret."
    if not open_ones:
        return (
            f"Services read each secret from a file in {code(SECRET_FOLDER)}; no secret is in an environment variable."
        )
    listed = ", ".join(code(name) for name in open_ones)
    rest = f" All others are files in {code(SECRET_FOLDER)}." if len(open_ones) < len({e.secret for e in every}) else ""
    return f"In the environment of a service, where all its processes and `docker inspect` show it: {listed}.{rest}"
