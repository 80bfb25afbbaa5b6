"""Every rule about a spec, and one function that runs them all. A module is a family; a new one is an entry in the import below.

Title, reason and fix of a rule are in its `@rule("PLB101", …)`, the message in the function below it. `plumb explain PLB101` ends
with the name of the file.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from plumbline.spec.finding import EnvironmentMissing, Finding, Severity
from plumbline.spec.location import Location
from plumbline.spec.spec import Spec
from validators.rules import (
    alertmanager_config,
    alloy_config,
    backup_keys,
    backups,
    certificates,
    cloud,
    cloud_dns,
    cloud_entry,
    cloud_firewall,
    cloud_reach,
    cloud_servers,
    cloud_tenants,
    compose_words,
    config_forms,
    configuration,
    connecting,
    contracts,
    contradictions,
    data_flows,
    data_folders,
    days,
    duplicates,
    first_boot,
    fitting,
    flows,
    handed_secrets,
    hardening,
    health_checks,
    ids,
    image_behaviour,
    image_needs,
    image_paths,
    image_programs,
    image_security,
    images,
    inbound_width,
    included_files,
    links,
    loki_config,
    migrations,
    monitoring,
    monitoring_texts,
    mounting,
    named_services,
    needed_ports,
    needed_segments,
    network,
    node_folders,
    notifications,
    openings,
    parity,
    parity_limits,
    placement,
    ports,
    probes,
    program_ports,
    proxy_config,
    reaching,
    resolving,
    roll_out,
    runbook_names,
    runbook_places,
    runbook_removals,
    runbook_scripts,
    runbook_sql,
    runbook_surroundings,
    runbook_values,
    runbooks,
    running_answers,
    seals,
    secret_folder,
    secret_roles,
    secret_rotation,
    secrets,
    shared_roles,
    shared_volumes,
    shown_captures,
    starts,
    state_words,
    storage,
    stores,
    tenant_life,
    tenant_nodes,
    tenant_words,
    traefik_ping,
    traefik_ports,
    unsafe_settings,
    unscraped,
    update_lists,
    variable_values,
    variables,
    volume_owners,
    waivers,
    writing,
    written_paths,
    written_ports,
)
from validators.rules.causes import told_once
from validators.rules.registry import RULES

FAMILIES = (
    links,
    shared_roles,
    shared_volumes,
    shown_captures,
    starts,
    resolving,
    configuration,
    config_forms,
    proxy_config,
    alloy_config,
    alertmanager_config,
    loki_config,
    migrations,
    running_answers,
    traefik_ping,
    traefik_ports,
    included_files,
    ids,
    named_services,
    needed_segments,
    needed_ports,
    connecting,
    network,
    ports,
    images,
    image_security,
    contracts,
    volume_owners,
    writing,
    mounting,
    image_programs,
    image_behaviour,
    image_needs,
    fitting,
    flows,
    placement,
    hardening,
    node_folders,
    unsafe_settings,
    health_checks,
    image_paths,
    unscraped,
    cloud,
    cloud_servers,
    cloud_firewall,
    storage,
    stores,
    state_words,
    data_folders,
    cloud_dns,
    cloud_entry,
    inbound_width,
    cloud_reach,
    cloud_tenants,
    first_boot,
    certificates,
    contradictions,
    data_flows,
    days,
    secrets,
    secret_folder,
    secret_roles,
    secret_rotation,
    handed_secrets,
    parity,
    parity_limits,
    probes,
    seals,
    reaching,
    roll_out,
    update_lists,
    runbook_values,
    runbooks,
    runbook_removals,
    runbook_scripts,
    runbook_sql,
    runbook_surroundings,
    runbook_names,
    runbook_places,
    compose_words,
    tenant_words,
    program_ports,
    variables,
    variable_values,
    monitoring_texts,
    notifications,
    monitoring,
    backups,
    backup_keys,
    tenant_life,
    tenant_nodes,
    openings,
    duplicates,
    written_paths,
    written_ports,
    waivers,
)

UNJUDGED = "PLB009"
"""Names the rules that could not judge a spec."""

__all__ = ["FAMILIES", "RULES", "UNJUDGED", "check_rules"]


def check_rules(spec: Spec, today: date, told: Callable[[int, int], None] | None = None) -> list[Finding]:
    """Findings of every rule that no waiver accepts, in the order of the files.

    A rule may take for granted what another one reports, and fail where that is not so: it is named in a note then.
    Raises what a rule raised where no rule found an error that could be the cause: that is a fault of the rule. Raises
    EnvironmentMissing where a rule needs a program that is not there. `told` hears how many rules are done, and of how many.
    """
    found: list[Finding] = []
    failed: dict[str, Exception] = {}
    for done, each in enumerate(RULES.values()):
        if told:
            told(done, len(RULES))
        try:
            found += list(each.findings(spec, today))
        except EnvironmentMissing:
            raise
        except Exception as error:  # any: one rule's failure must not hide what the others found
            failed[each.id] = error
    kept = waivers.without_waived(spec, found, today)
    if failed:
        if not any(finding.severity == Severity.ERROR for finding in kept):
            raise next(iter(failed.values()))
        kept.append(_unjudged(list(failed)))
    return told_once(sorted(_once(kept, spec.modes), key=_order))


def _once(findings: Iterable[Finding], modes: Sequence[str]) -> Iterator[Finding]:
    """Each finding once, with all modes in which it was found: what is common to them is one cause."""
    of_a_mode = re.compile(rf"\bmode ({'|'.join(map(re.escape, modes))})\b(?! and)")
    groups: dict[object, tuple[Finding, list[str]]] = {}
    for finding in findings:
        named = list(dict.fromkeys(of_a_mode.findall(finding.message)))
        message = of_a_mode.sub("mode", finding.message) if len(named) == 1 else finding.message
        group = groups.setdefault((finding.rule, finding.location, message), (finding, []))
        group[1].extend(mode for mode in named if len(named) == 1 and mode not in group[1])
    for finding, found_in in groups.values():
        if len(found_in) > 1:
            said = "every mode" if len(found_in) == len(modes) else f"modes {' and '.join(found_in)}"
            yield replace(finding, message=of_a_mode.sub(said, finding.message))
        else:
            yield finding


def _order(finding: Finding) -> tuple[bool, Location, str, str]:
    return finding.location is None, finding.location or Location(""), finding.rule, finding.message


def _unjudged(rules: list[str]) -> Finding:
    judged_by = "a rule" if len(rules) == 1 else f"{len(rules)} rules"
    return Finding(
        UNJUDGED,
        f"{judged_by} could not run because the spec has errors: {', '.join(rules)}",
        severity=Severity.NOTE,
        hint="fix the errors, then check again",
    )
