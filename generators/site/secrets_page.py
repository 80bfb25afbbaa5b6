"""`docs/auditor/secrets.md`: an inventory of secrets, their users, and whose keys open them."""

from collections.abc import Iterable

from generators.markdown import Page, code, codes, fence, prose, text
from generators.offline.scripts import script_deployments
from generators.site.monitoring_pages import runbook_links
from generators.site.secret_handover import handovers, how_secrets_are_read
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.platform import Secret

_REPLACED = (
    "Each secret is a file. Put the new value beside it and rename it, for a container keeps the file that it started with. Then "
    "install the bundle of the release that runs once more: every service that was given the secret is recreated, behind a second "
    "copy where it gets one. A store that checks the password, and the services that bring it, are recreated one after the other; "
    "requests between them are refused meanwhile."
)
_REPLACE = """cd {home}/secrets
(umask 077; printf %s 'NEW VALUE' > .new) && chmod 0444 .new && mv .new NAME
sh {home}/scripts/install.sh BUNDLE"""


def secrets(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/secrets.md`."""
    if not spec.secrets.secrets:
        return
    page = Page("docs/auditor/secrets.md", "Secrets")
    page.add(f"An inventory; the spec holds no value. {how_secrets_are_read(spec)}")
    tenants = bool(spec.tenants.tenants)
    if tenants or "{tenant}" not in spec.secrets.folder:
        page.add(f"Folder: {code(spec.secrets.folder)}.", path_of("secrets", "folder"))
    page.add(prose(spec.secrets.encryption), path_of("secrets", "encryption"))
    users: dict[str, set[str]] = {}
    uses: dict[str, list[PathText]] = {}
    for each in handovers(spec):
        users.setdefault(each.secret, set()).add(each.service)
        uses.setdefault(each.secret, []).append(each.path)
    if destination := spec.backups.destination:
        for key in (destination.access_key, destination.secret_key):
            users.setdefault(key, set()).add("backup.sh")
            uses.setdefault(key, []).append(path_of("backups", "destination"))
    page.table(
        [
            "Secret",
            "Opens",
            "Owner",
            *(["Scope"] if tenants else []),
            "Length",
            "Replaced after",
            "Replaced by",
            "Read by",
        ],
        [
            (
                (path_of("secrets", name), *uses.get(name, ()), *_titles(spec, secret)),
                [
                    code(name),
                    text(secret.title),
                    text(secret.owner),
                    *([text(secret.scope)] if tenants else []),
                    f"{secret.length} characters",
                    f"{secret.rotation_days} days",
                    _replaced_by(spec, secret),
                    codes(sorted(users.get(name, ()))),
                ],
            )
            for name, secret in sorted(spec.secrets.secrets.items())
        ],
    )
    for reason, names in _by_hand(spec).items():
        page.add(
            f"By hand, {codes(names)}: {prose(reason)}",
            [path_of("secrets", name, "rotation") for name in names],
        )
    if list(script_deployments(spec)):
        page.add("## Replace a secret on a host of a bundle")
        page.add(_REPLACED)
        page.add(fence(_REPLACE.format(home=f"/opt/{spec.platform.name}"), "sh"), path_of("platform", "name"))
    if not tenants:
        yield page.done()
        return
    page.add("## Keys")
    page.add(
        "A recipient is an age public key. Only the owner of the tenant's `key.age` can decrypt what was encrypted "
        "with it."
    )
    page.table(
        ["Tenant", "Folder", "Recipient"],
        [
            (
                (path_of("tenants", name, "recipient"), path_of("secrets", "folder")),
                [
                    code(name),
                    code(spec.secrets.folder.replace("{tenant}", name)),
                    code(tenant.recipient) if tenant.recipient else "none yet; nothing can be encrypted",
                ],
            )
            for name, tenant in spec.tenants.tenants.items()
        ],
    )
    yield page.done()


def _replaced_by(spec: Spec, secret: Secret) -> str:
    """The runbooks that replace a secret, and whether somebody does it by hand."""
    links = runbook_links(spec, secret.rotation.runbooks, "../operator/")
    return (
        ", ".join([*([links] if secret.rotation.runbooks else []), *(["by hand"] if secret.rotation.by_hand else [])])
        or "–"
    )


def _titles(spec: Spec, secret: Secret) -> list[PathText]:
    return [path_of("runbooks", id, "title") for id in secret.rotation.runbooks if id in spec.runbooks]


def _by_hand(spec: Spec) -> dict[str, list[str]]:
    """Secrets by the reason why no runbook replaces them in some mode."""
    found: dict[str, list[str]] = {}
    for name, secret in sorted(spec.secrets.secrets.items()):
        if secret.rotation.by_hand:
            found.setdefault(secret.rotation.by_hand, []).append(name)
    return found
