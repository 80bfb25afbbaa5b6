"""PLB137, PLB138: values of variables and settings that name something of the world: a time zone, a mode."""

import re
from collections import Counter
from collections.abc import Iterator

from plumbline.spec.spec import Spec
from schema.timezones import TIME_ZONES
from validators.rules.effective_services import once, raw
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, written_texts

_ZONE_KEY = re.compile(
    r"^[ \t]*[\w.]*(?:timezone|time_zone|TimeZone)[\"']?[ \t]*[:=][ \t]*[\"']?(?P<zone>[A-Z][A-Za-z]+(?:/[A-Z][\w+-]+)+)[\"']?[ \t]*;?$",
    re.MULTILINE,
)
_ZONE_VARIABLE = re.compile(r"TZ|(?:\w+_)?TIME_?ZONE")
_ZONE = re.compile(r"[A-Za-z]+(?:/[A-Za-z0-9_+-]+)*")


@rule(
    "PLB137",
    title="Unknown time zone",
    why="Most programs fall back to UTC silently: nightly jobs run at another hour, and days end at another time.",
    fix="Write a name of the tz database, for example Europe/Berlin.",
    failing="services/web.yaml: {environment: {TZ: Europe/Berln}}",
    passing="services/web.yaml: {environment: {TZ: Europe/Berlin}}",
)
def no_zone(spec: Spec) -> Iterator[Violation]:
    """Time zones of variables and of configuration files."""
    yield from once(_no_zones(spec))


def _no_zones(spec: Spec) -> Iterator[Violation]:
    for text in written_texts(spec):
        if text.where == Where.VARIABLE and _ZONE_VARIABLE.fullmatch(text.name):
            zone = text.shown.lstrip(":")
            if _ZONE.fullmatch(zone) and zone not in TIME_ZONES:
                yield Violation(text.path, f"there is no time zone `{zone}`", observed=zone)
        elif text.where == Where.CONFIG:
            for found in _ZONE_KEY.finditer(text.shown):
                if found["zone"] not in TIME_ZONES:
                    at = text.at_word(found["zone"])
                    yield Violation(
                        text.path, f"there is no time zone `{found['zone']}`", observed=found["zone"], location=at
                    )


_TWO = """
topology/other.yaml:
  title: Other
  summary: A second host.
  tenancy: one
  egress: true
  entry: {{service: web}}
  roles: {{host: {{title: Host, services: [db, web], size: {{vcpus: 4, memory_mib: 8192, disk_gb: 40, reserve_mib: 512}}}}}}
networks.yaml:
  networks:
    front: {{modes: {{other: {{subnet: 172.30.0.0/24, internal: false}}}}}}
    back: {{modes: {{other: {{subnet: 172.30.1.0/24, internal: true}}}}}}
services/db.yaml: {{environment: {{RUN_MODE: {{template: "{{{{ mode }}}}"}}}}}}
services/web.yaml: {{environment: {{RUN_MODE: {0}}}}}
"""


@rule(
    "PLB138",
    title="Service configured for another mode than it runs in",
    why="The service behaves as in that mode: it calls outside without egress, or separates what belongs together.",
    fix='Write `{template: "{{ mode }}"}`, as the other services do.',
    failing=_TWO.format("single"),
    passing=_TWO.format('{template: "{{ mode }}"}'),
)
def another_mode(spec: Spec) -> Iterator[Violation]:
    """Variables with the id of another mode, where other services are told theirs by the same variable."""
    told = [
        text
        for text in written_texts(spec)
        if text.where == Where.VARIABLE
        and "{{" in raw(text.placed.service.environment[text.name])
        and text.shown == text.placed.mode
    ]
    by_name = Counter(text.name for text in told)
    yield from once(
        Violation(
            text.path,
            f"`{text.placed.id}` runs in mode {text.placed.mode}, but is configured for `{text.shown}`",
            expected=text.placed.mode,
            observed=text.shown,
        )
        for text in written_texts(spec)
        if text.where == Where.VARIABLE
        and text.name in by_name
        and text.shown != text.placed.mode
        # a word that is no mode's is told where several services show what the variable is for
        and (text.shown in spec.topology or (by_name[text.name] > 2 and text.shown == text.literal))
    )
