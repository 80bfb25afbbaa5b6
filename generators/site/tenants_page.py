"""`docs/operator/tenants.md`: tenants, their settings and changes of state; none where the spec has no tenants."""

from collections.abc import Iterable

from generators.markdown import Page, code, prose, text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.platform import Tenant


def has_tenants(spec: Spec) -> bool:
    """Whether there is a page about tenants."""
    return bool(spec.tenants.tenants or spec.tenants.settings or spec.tenants.transitions)


def tenants(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/tenants.md`."""
    if not has_tenants(spec):
        return
    page = Page("docs/operator/tenants.md", "Tenants")
    page.section(
        "",
        ["Tenant", "Name", "Octet", "State", "Certificate", "Nodes of its own"],
        [
            (
                path_of("tenants", name),
                [
                    code(name),
                    text(tenant.title),
                    str(tenant.octet),
                    code(tenant.state),
                    code(tenant.certificate),
                    _nodes(tenant),
                ],
            )
            for name, tenant in spec.tenants.tenants.items()
        ],
    )
    page.section(
        "## Settings",
        ["Setting", "Default", "What it decides"],
        [
            (
                path_of("tenants", "settings", name),
                [code(name), code(_shown(setting.default)), prose(setting.description)],
            )
            for name, setting in spec.tenants.settings.items()
        ],
    )
    page.section(
        "## Changes of state",
        ["From", "To", "Effect"],
        [
            (path_of("tenants", "transitions", index), [code(each.before), code(each.after), prose(each.effect)])
            for index, each in enumerate(spec.tenants.transitions)
        ],
    )
    yield page.done()


def _nodes(tenant: Tenant) -> str:
    """What it has otherwise than the roles say."""
    return "; ".join(
        " ".join(
            [code(role), *([str(each.count)] if each.count is not None else []), *filter(None, [each.server_type])]
        )
        for role, each in tenant.nodes.items()
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
