"""PLB97x: what can be wrong with a project at the cloud provider."""

from plumbline.finding import Severity
from validators.documented import RealityRule

_APPLY = "Look at it with `plumb provision plan`, and let `plumb provision apply` make it so; a wanted change belongs in the spec."
_RULES = (
    RealityRule(
        "PLB970",
        "object is missing at the provider",
        "Part of the tenant is not there: it does not run, is not protected, or cannot be reached.",
        "Make it with `plumb provision apply`; a DNS zone is made once, by hand.",
    ),
    RealityRule(
        "PLB971",
        "object at the provider is not as the spec says",
        "What is not in the spec was reviewed by nobody, and the next `apply` takes it back.",
        _APPLY,
    ),
    RealityRule(
        "PLB972",
        "object has an owner's labels and is not in the spec",
        "It is paid for, reaches the tenant's network or data, and nobody knows why it is there.",
        "Delete it (`plumb provision apply` does, data and what is protected with --allow NAME), or add it to the spec.",
    ),
    RealityRule(
        "PLB973",
        "name or key of the spec belongs to a stranger",
        "Nothing is adopted that lacks the owner's labels: the tenant's own object cannot be made.",
        "Rename or delete the stranger, or give it the labels if it is the tenant's.",
    ),
    RealityRule(
        "PLB974",
        "object is not protected from deletion as the spec says",
        "One click, or one wrong script, and the data are gone.",
        _APPLY,
    ),
    RealityRule(
        "PLB975",
        "what the server was first booted with cannot be told",
        "The API never gives user data back; without the label of its hash, nobody knows what the server did at its first boot.",
        "Make the server anew with `plumb provision apply --allow NAME`; its volume moves with it.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB976",
        "volume or address that no server has, or a firewall that filters nothing",
        "It is paid for, may hold a customer's data, and does not do what it is there for.",
        "Attach it with `plumb provision apply`; what nobody needs any more is deleted by its name.",
    ),
    RealityRule(
        "PLB977",
        "certificate ends soon, or is not renewed",
        "On its last day every client turns away; the provider renews its own a month before.",
        "Renew it; for a managed one, see that its domain leads here.",
    ),
    RealityRule(
        "PLB978",
        "server type or image is withdrawn",
        "A server that is lost can't be made again with it.",
        "Choose another in the spec, while there is time to move the servers one by one.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB979",
        "server does not run",
        "It does nothing, and is charged in full.",
        "Start it with `plumb provision apply`; look at its console first if it should be running.",
    ),
)

CLOUD_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify cloud` by id."""
