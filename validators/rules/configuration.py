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
    title="Missing configuration template",
    why="The file cannot be generated, so the container does not start.",
    fix="Add the file to the spec's folder, or correct its path.",
    failing="services/web.yaml: {config: [{source: config/web.yml.j2, target: /etc/web.yml}]}",
    passing="""
config/web.yml.j2: "a: 1\\n"
services/web.yaml: {config: [{source: config/web.yml.j2, target: /etc/web.yml}]}
""",
)
def missing_template(spec: Spec) -> Iterator[Violation]:
    """Configuration files without a source."""
    yield from once(
        Violation(each.path("config"), f"the file {file.source} does not exist")
        for each in placed_services(spec)
        for file in each.service.config
        if file.source not in spec.templates
    )


@rule(
    "PLB110",
    title="Per-tenant configuration in a spec without tenants",
    why="The folder of the files would be empty, so no project can start from it and nothing is routed.",
    fix="Add a tenant, or remove `{tenant}` from the target's name.",
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
            Violation(each.path("config"), f"{file.target} is written for each tenant, but there are no tenants")
            for each in placed_services(spec)
            for file in each.service.config
            if TENANT in file.target
        )


@rule(
    "PLB120",
    title="Expression in a file that is not a template",
    severity=Severity.WARNING,
    why=(
        "Only files whose names end in `.j2` are rendered. The container gets the expression itself, including "
        "the braces."
    ),
    fix="Add `.j2` to the file's name and to `source`.",
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
                        f"{file.source} is copied unchanged, with `{text[begin:end]}`",
                        f"rename it to `{file.source}{TEMPLATE_ENDING}`",
                        location=spec.template_line(file.source, text.count("\n", 0, begin) + 1),
                    )


@rule(
    "PLB121",
    title="Configuration files with the same generated name",
    why="A service's files are written to one folder under their own names, without `.j2`: one overwrites the other.",
    fix="Rename one of them. Its `target` can stay.",
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
