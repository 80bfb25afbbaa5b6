"""PLB130, PLB853: the name of one tenant where whichever tenant is meant."""

import re
from collections.abc import Iterator

from plumbline.runbook.rendering import tenant_parameter
from plumbline.runbook.shell_inside import calls_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import once
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import steps
from validators.rules.runbook_scripts import PLAIN, example
from validators.rules.written import Where, blank, written_texts

_SCRIPTS = ("run", "verify", "undo", "destroys", "undo_destroys", "output")
_TENANT = "tenants.yaml: {tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}}}\n"


def tenants_in(spec: Spec, text: str, letters: str) -> list[str]:
    """Tenants whose names stand in a text, with none of the letters beside them; not those that are the name of something else too."""
    others = {spec.platform.name, *spec.services, *spec.topology, *spec.secrets.secrets, *spec.networks.networks}
    others |= {role for topology in spec.topology.values() for role in topology.roles}
    return [
        name
        for name in spec.tenants.tenants
        if name not in others and re.search(rf"(?<![{letters}]){re.escape(name)}(?![{letters}])", text)
    ]


_RUNBOOK = _TENANT + example("docker compose logs web", PLAIN).replace(
    "duration_min: 5", "duration_min: 5\n  parameters: {tenant: {description: Whose, kind: tenant, example: acme}}"
)


@rule(
    "PLB853",
    title="Tenant name in a runbook for any tenant",
    why="Run for another tenant, it acts on this one: it suspends, deletes or reports the wrong customer.",
    fix="Write `{{ tenant }}`.",
    failing=_RUNBOOK.replace("docker compose logs web", "echo acme '{{ tenant }}'"),
    passing=_RUNBOOK.replace("docker compose logs web", "echo '{{ tenant }}'"),
)
def literal_tenant(spec: Spec) -> Iterator[Violation]:
    """Names of tenants in scripts of runbooks that ask for which; the name of a program is no tenant's."""
    programs: dict[str, set[str]] = {}
    for each in steps(spec):
        called = programs.setdefault(str(each.path.parts[1]), set())
        for script in each.scripts.values():
            called |= {call.program for call in calls_of(script)}
    for name, runbook in spec.runbooks.items():
        asked = tenant_parameter(runbook)
        for index, step in enumerate(runbook.steps) if asked else ():
            for field in _SCRIPTS:
                text = getattr(step, field)
                for tenant in tenants_in(spec, blank(text), "A-Za-z0-9") if text else ():
                    if tenant not in programs.get(name, ()):
                        yield Violation(
                            path_of("runbooks", name, "steps", index, field),
                            f"`{tenant}` is one tenant, but this runs for any tenant",
                            f"write `{{{{ {asked} }}}}`",
                            observed=tenant,
                        )


@rule(
    "PLB130",
    title="Tenant name in text that all tenants get",
    why="Every tenant's copy names the same tenant, so the requests, files or data of all others go to that one.",
    fix="Write `{{ tenant }}`, `{{ tenant_host }}` or a path with `{tenant}`.",
    failing=_TENANT + "services/web.yaml: {environment: {BUCKET: acme}}\ntopology/single.yaml: {tenancy: many}",
    passing=_TENANT + "services/web.yaml: {environment: {BUCKET: shared}}\ntopology/single.yaml: {tenancy: many}",
)
def tenant_for_all(spec: Spec) -> Iterator[Violation]:
    """Hosts of tenants in commands and configuration, and their names in variables, in modes of many tenants."""
    yield from once(_for_all(spec))


def _for_all(spec: Spec) -> Iterator[Violation]:
    hosts = {tenant: spec.platform.domain.replace("{tenant}", tenant) for tenant in spec.tenants.tenants}
    for text in written_texts(spec):
        if spec.topology[text.placed.mode].tenancy != "many" or text.where in (Where.HEALTH, Where.SCRIPT):
            continue
        # elsewhere a word can be anything: `acme` is a protocol too
        found = {
            tenant: tenant for tenant in tenants_in(spec, text.literal, "A-Za-z0-9-") if text.where == Where.VARIABLE
        }
        found |= {tenant: host for tenant, host in hosts.items() if host != tenant and host in text.literal}
        for word in found.values():
            yield Violation(
                text.path,
                f"`{word}` belongs to one tenant, but every tenant's {text.placed.id} gets it",
                observed=word,
                location=text.at_word(word),
            )
