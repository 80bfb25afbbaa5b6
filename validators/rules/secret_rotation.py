"""PLB623: a secret that nobody knows how to replace."""

from collections.abc import Iterator

from plumbline.effective.backups import backed_up_modes
from plumbline.effective.deployment import deployments
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule

_SAMPLE = """\
secrets.yaml:
  folder: secrets/{{tenant}}
  encryption: SOPS
  secrets:
    sample_password: {{title: Sample, owner: operations, scope: tenant, length: 32, rotation_days: 90{rotation}}}
services/web.yaml: {{secrets: {{sample_password: {{variable: SAMPLE_PASSWORD_FILE}}}}}}
"""
_ASKED = "secret"
"""The parameter by which a runbook takes one secret of several."""


@rule(
    "PLB623",
    title="Secret without a way to replace it",
    why="Its days end, or somebody else may know it, and nobody knows which services have to start again, and in which order.",
    fix="Name a runbook for each mode under `rotation.runbooks`, or say in `rotation.by_hand` why there is none and who replaces it.",
    failing=_SAMPLE.format(rotation=""),
    passing=_SAMPLE.format(rotation=", rotation: {by_hand: The owner makes another and starts web again.}"),
    severity=Severity.WARNING,
)
def secret_without_rotation(spec: Spec) -> Iterator[Violation]:
    for name, secret in spec.secrets.secrets.items():
        rotation, path = secret.rotation, path_of("secrets", name)
        known = [(id, spec.runbooks[id]) for id in rotation.runbooks if id in spec.runbooks]
        for index, id in enumerate(rotation.runbooks):
            asked = spec.runbooks[id].parameters.get(_ASKED) if id in spec.runbooks else None
            if asked and asked.kind == "choice" and name not in asked.choices:
                where = path_of(path, "rotation", "runbooks", index)
                yield Violation(where, f"runbook {id} does not take the secret {name}", expected=name)
        lacking = [mode for mode in modes_of(spec, name) if not any(mode in runbook.modes for _, runbook in known)]
        if lacking and not rotation.by_hand:
            yield Violation(path, f"in {' and '.join(lacking)}, nothing says how {name} is replaced", at_key=True)


def modes_of(spec: Spec, secret: str) -> list[str]:
    """Modes in which a service, or a backup, reads a secret."""
    keys = spec.backups.destination
    of_backups = backed_up_modes(spec) if keys and secret in (keys.access_key, keys.secret_key) else ()
    return [
        mode
        for mode in spec.modes
        if mode in of_backups
        or any(
            secret in each.secrets for deployment in deployments(spec, mode) for each in deployment.services.values()
        )
    ]
