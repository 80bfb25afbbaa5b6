"""PLB97x, PLB98x: what can be wrong with a project at the cloud provider."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_APPLY = (
    "Look at it with `plumb provision plan`, and let `plumb provision apply` mend what the plan names; mend the rest in the console, "
    "after asking who changed it. A wanted change belongs in the spec."
)
_RULES = (
    RealityRule(
        "PLB970",
        "object is missing at the provider",
        "Part of the tenant is not there: it does not run, is not protected, or cannot be reached.",
        "Make it with `plumb provision apply`. Make a DNS zone once, by hand: `hcloud zone create --name NAME`, then "
        "`hcloud zone enable-protection NAME delete`.",
    ),
    RealityRule(
        "PLB971",
        "object at the provider is not as the spec says",
        "What is not in the spec was reviewed by nobody, and the next `apply` may take it back.",
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
    RealityRule(
        "PLB980",
        "private network of a tenant is open to what is not the tenant's",
        "Inside a private network no firewall of the provider filters: whoever is in it, or is led into it, reaches the stores.",
        "Find out who did it. Take the server, load balancer, route or vSwitch out of the network; delete a load balancer that nobody owns.",
    ),
    RealityRule(
        "PLB981",
        "DNS record overrides, delegates or bars a tenant's name",
        "It sends clients or their passwords elsewhere, lets others have certificates for the name, or keeps the tenant's from being renewed.",
        "Find out who made it, and delete it: `hcloud zone rrset delete ZONE NAME TYPE`. Let a CAA record name the issuer, or delete it.",
    ),
    RealityRule(
        "PLB982",
        "DNS zone does not serve the tenants' names",
        "What the project says of a name, nobody hears: tenants cannot be found, or somebody else's answers are taken.",
        "Make the zone primary, delegate the domain to the name servers that the provider assigned, and keep its NS records as they were.",
    ),
    RealityRule(
        "PLB983",
        "DNS zone is not protected from deletion",
        "One click, and the names of all tenants are gone.",
        "Protect it: `hcloud zone enable-protection NAME delete`.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB984",
        "SSH key in the project that the spec does not have",
        "Whoever adds a key can choose it for the next server, or boots a rescue system with it: this is how a breach looks.",
        "Find out who added it, then delete it with `hcloud ssh-key delete NAME`; or add it to `cloud.ssh_keys` of the spec.",
    ),
    RealityRule(
        "PLB985",
        "value at the provider cannot be told",
        "The API does not say it, or says it in a form that this version does not know: it may be as the spec says, or not.",
        "Look at it in the console; look for a newer release of Plumbline if the API has grown.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB986",
        "object is between two states",
        "An action runs on it, or the provider works on it; what comes of it can't be told yet.",
        "Wait some minutes, and look again. Ask the provider when it stays so.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB987",
        "firewall is not in force on a server yet",
        "Until it is, every port of the server's public interface is open to everybody.",
        "Wait a minute, and look again. If it stays so, switch the server off, take the firewall off it, and put it on again.",
    ),
    RealityRule(
        "PLB988",
        "part of the project was not looked at",
        "The API did not answer for a kind of objects: what is missing, changed or too much there, nobody knows. No answer is not a yes.",
        "Run the command again; a 403 needs a token for this project that may read, a 5xx or 429 needs patience, a 422 a newer release.",
    ),
    RealityRule(
        "PLB989",
        "server, load balancer or address in the project that is nobody's",
        "It is paid for, and what runs in the project under no known name may be a guest of the project or of a thief.",
        "Find out whose it is. Delete it, move it to a project of its own, or give its address a name in `cloud.addresses`.",
        severity=Severity.WARNING,
    ),
)

CLOUD_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify cloud` by id."""
