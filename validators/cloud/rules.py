"""PLB97x, PLB98x: what can be wrong with a project at the cloud provider."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_APPLY = (
    "Check it with `plumb provision plan`, and run `plumb provision apply` to fix what the plan names. Ask who "
    "changed the rest "
    "before you fix it in the console. Add an intended change to the spec."
)
_RULES = (
    RealityRule(
        "PLB970",
        "Object missing at the provider",
        "Part of the tenant is missing: it does not run, is not protected, or cannot be reached.",
        "Create it with `plumb provision apply`. Create a DNS zone once, by hand: `hcloud zone create --name NAME`, "
        "then "
        "`hcloud zone enable-protection NAME delete`.",
    ),
    RealityRule(
        "PLB971",
        "Object at the provider that differs from the spec",
        "Nobody reviewed the difference, and the next `apply` may revert it.",
        _APPLY,
    ),
    RealityRule(
        "PLB972",
        "Object with an owner's labels that is not in the spec",
        "It costs money and reaches the tenant's network or data, and nobody knows why it exists.",
        (
            "Delete it (`plumb provision apply` does; data and protected objects need --allow NAME), or add it to "
            "the spec."
        ),
    ),
    RealityRule(
        "PLB973",
        "Name or key of the spec that belongs to a foreign object",
        "Plumbline adopts nothing without the owner's labels, so it cannot create the tenant's own object.",
        "Rename or delete the foreign object, or give it the labels if it is the tenant's.",
    ),
    RealityRule(
        "PLB974",
        "Object whose deletion protection differs from the spec",
        "One click or one wrong script can delete the data.",
        _APPLY,
    ),
    RealityRule(
        "PLB975",
        "Unknown first-boot configuration of a server",
        (
            "The API never returns user data. Without the label with its hash, nobody knows what the server did at "
            "its first boot."
        ),
        "Recreate the server with `plumb provision apply --allow NAME`. Its volume moves with it.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB976",
        "Unattached volume or address, or firewall without an effect",
        "It costs money, may hold a customer's data, and does not do its work.",
        "Attach it with `plumb provision apply`. Delete it by name if nobody needs it any more.",
    ),
    RealityRule(
        "PLB977",
        "Certificate that ends soon or is not renewed",
        "After its last day, every client rejects it. The provider renews its own certificates a month before.",
        "Renew it. For a managed certificate, check that its domain leads here.",
    ),
    RealityRule(
        "PLB978",
        "Server type or image that the provider withdrew",
        "A lost server cannot be created with it again.",
        "Choose another one in the spec while there is time to move the servers one by one.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB979",
        "Server that does not run",
        "It does nothing, and is charged in full.",
        "Start it with `plumb provision apply`. If it should be running, check its console first.",
    ),
    RealityRule(
        "PLB980",
        "Foreign member or route in a tenant's private network",
        "No firewall of the provider filters inside a private network. Whoever is in it, or is routed into it, reaches "
        "the stores.",
        "Find out who added it. Remove the server, load balancer, route or vSwitch from the network, and delete a load "
        "balancer without an owner.",
    ),
    RealityRule(
        "PLB981",
        "DNS record that overrides, delegates or blocks a tenant's name",
        "It sends clients or their passwords elsewhere, lets others get certificates for the name, or prevents the "
        "tenant's renewal.",
        "Find out who created it, and delete it: `hcloud zone rrset delete ZONE NAME TYPE`. Make a CAA record name the "
        "issuer, or delete it.",
    ),
    RealityRule(
        "PLB982",
        "DNS zone that does not serve the tenants' names",
        "Resolvers do not see the project's records: tenants cannot be found, or somebody else answers for them.",
        "Make the zone primary, delegate the domain to the provider's assigned name servers, and restore its "
        "original NS "
        "records.",
    ),
    RealityRule(
        "PLB983",
        "DNS zone without deletion protection",
        "One click can delete the names of all tenants.",
        "Protect it: `hcloud zone enable-protection NAME delete`.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB984",
        "SSH key in the project that is not in the spec",
        (
            "Whoever added the key can select it for the next server, or boot a rescue system with it. An unknown "
            "key can be the sign of a breach."
        ),
        (
            "Find out who added it, then delete it with `hcloud ssh-key delete NAME`, or add it to `cloud.ssh_keys` "
            "of the spec."
        ),
    ),
    RealityRule(
        "PLB985",
        "Unknown value at the provider",
        "The API does not report it, or in a form that this version does not know. It may match the spec or not.",
        "Check it in the console. If the API has changed, look for a newer release of Plumbline.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB986",
        "Object between two states",
        "An action is running on it, and its result is not known yet.",
        "Wait some minutes and run the command again. If it stays so, ask the provider.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB987",
        "Firewall not yet in force on a server",
        "Until it is, every port of the server's public interface is open to everybody.",
        "Wait a minute and run the command again. If it stays so, switch the server off, detach the firewall, and "
        "attach "
        "it again.",
    ),
    RealityRule(
        "PLB988",
        "Unread part of the project",
        "The API did not answer for one kind of object. Nobody knows what is missing, changed or extra there.",
        "Run the command again. Use a token of this project with read permission for a 403, wait after a 5xx or "
        "429, and "
        "try a newer release for a 422.",
    ),
    RealityRule(
        "PLB989",
        "Server, load balancer or address without an owner",
        "It costs money, and an unknown machine in the project may belong to an intruder.",
        "Find out who owns it. Delete it, move it to another project, or name its address in `cloud.addresses`.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB994",
        "Node files that are not delivered yet",
        "The node still has the firewall rules, units and scripts of an earlier spec, or nobody recorded that it has the new ones.",
        "Run `ansible-playbook roll-out.yaml`, which delivers and records them. No server is replaced for that.",
        severity=Severity.WARNING,
    ),
)

CLOUD_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify cloud` by id."""
