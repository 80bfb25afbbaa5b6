"""PLB108, PLB110, PLB120, PLB121: configuration files, whether they are there and become what is meant."""

from collections.abc import Iterator
from itertools import combinations

from plumbline.effective.config_files import TENANT, config_names, config_path
from plumbline.expressions.rendering import expressions_in, speaks_of
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import TEMPLATE_ENDING, is_template
from schema.service import ConfigFile
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB108",
    title="configuration template that is not there",
    why="The file cannot be generated, and the container would not start.",
    fix="Add the file below the spec's folder, or correct its path.",
    failing="services/web.yaml: {config: [{source: config/web.yml.j2, target: /etc/web.yml}]}",
    passing="""
config/web.yml.j2: "a: 1\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: /etc/web.yml}]}
""",
)
def missing_template(spec: Spec) -> Iterator[Violation]:
    """Configuration files without a source."""
    yield from once(
        Violation(each.path("config"), f"there is no {file.source}")
        for each in placed_services(spec)
        for file in each.service.config
        if file.source not in spec.templates
    )


@rule(
    "PLB110",
    title="configuration for each tenant where there is none",
    why="The folder of the files would be empty: no project can be started from it, and nothing would be routed.",
    fix="Add a tenant, or leave `{tenant}` out of the target's name.",
    failing="""
config/web.yml.j2: "a: 1\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: "/etc/web/{tenant}.yml"}]}
""",
    passing="""
config/web.yml.j2: "a: {{ tenant }}\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: "/etc/web/{tenant}.yml"}]}
tenants.yaml: {tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}}}
""",
)
def configuration_for_nobody(spec: Spec) -> Iterator[Violation]:
    """Files for each tenant, and no tenant."""
    if not spec.tenants.tenants:
        yield from once(
            Violation(each.path("config"), f"{file.target} is for each tenant, and there is none")
            for each in placed_services(spec)
            for file in each.service.config
            if TENANT in file.target
        )


@rule(
    "PLB120",
    title="expression in a file that is copied",
    severity=Severity.WARNING,
    why="Only a file whose name ends in `.j2` is rendered: the container gets the expression itself, braces and all.",
    fix="Let the file's name, and `source`, end in `.j2`.",
    failing="""
config/web.yml: "db: {{ address('db', 'sql') }}\\n"
services/web.yaml: {config: [{source: config/web.yml, target: /etc/web.yml}]}
""",
    passing="""
config/web.yml.j2: "db: {{ address('db', 'sql') }}\\n"
config/alerts.yml: "summary: '{{ $labels.instance }} of {{ job }} is down'\\n"
services/web.yaml:
  config:
  - {source: config/web.yml.j2, target: /etc/web.yml}
  - {source: config/alerts.yml, target: /etc/alerts.yml}
""",
)
def copied_expression(spec: Spec) -> Iterator[Violation]:
    """Files that are copied, with expressions that use the names of the spec as the spec would."""
    for each in placed_services(spec):
        for index, file in enumerate(each.service.config):
            text = spec.templates.get(file.source, "")
            for begin, end in () if is_template(file.source) else expressions_in(text):
                _, names = next(config_names(spec, each.mode, each.id, file), ("", {}))
                if speaks_of(text[begin:end], names):
                    yield Violation(
                        path_of(each.path("config"), index, "source"),
                        f"{file.source} is copied as it is, with `{text[begin:end]}`",
                        f"call it `{file.source}{TEMPLATE_ENDING}`",
                        location=spec.template_line(file.source, text.count("\n", 0, begin) + 1),
                    )


@rule(
    "PLB121",
    title="two configuration files under one name",
    why="A service's files are written into one folder by their names, without `.j2`: one would take the other's place.",
    fix="Give one of them another name; its `target` stays.",
    failing="""
config/a/web.yml: "a: 1\\n"
config/b/web.yml: "b: 1\\n"
services/web.yaml:
  config: [{source: config/a/web.yml, target: /etc/a.yml}, {source: config/b/web.yml, target: /etc/b.yml}]
""",
    passing="""
config/a/web.yml: "a: 1\\n"
config/b/more.yml: "b: 1\\n"
services/web.yaml:
  config: [{source: config/a/web.yml, target: /etc/a.yml}, {source: config/b/more.yml, target: /etc/b.yml}]
""",
)
def one_name_for_two(spec: Spec) -> Iterator[Violation]:
    """Pairs of one service's files that would be written to one place."""
    yield from once(found for each in placed_services(spec) for found in _written_twice(each))


def _written_twice(each: Placed) -> Iterator[Violation]:
    for (_, one), (index, other) in combinations(enumerate(each.service.config), 2):
        places, others = _places(each, one), _places(each, other)
        if shared := sorted(place for place in places.keys() & others.keys() if places[place] != others[place]):
            yield Violation(
                path_of(each.path("config"), index),
                f"{one.source} for {one.target} and {other.source} for {other.target} are both written as {shared[0]}",
            )


def _places(each: Placed, file: ConfigFile) -> dict[str, tuple[str, bool]]:
    """What it takes, and by what right; of what is mounted as a folder that folder too, which stands for one in the container."""
    is_each_tenants = TENANT in file.target
    tenants = each.spec.tenants.tenants if is_each_tenants else ("",)
    written = [config_path(each.service, file, tenant) for tenant in tenants]
    folders = {path.rpartition("/")[0] for path in written if "/" in path}
    inside = (file.target.rpartition("/")[0], True)
    return dict.fromkeys(written, (file.source, is_each_tenants)) | dict.fromkeys(folders, inside)
