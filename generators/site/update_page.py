"""`docs/operator/update.md`: how an update goes."""

from collections.abc import Iterable, Iterator

from generators.markdown import Page, Where, code, codes, fence, link, prose, text
from generators.offline.scripts import script_deployments
from generators.rollout.playbook import roll_outs
from plumbline.effective.deployment import Deployment, deployments, field_path
from plumbline.project.artifact import Artifact
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.update.steps import BACK, STEPS, Place, ReleaseStep

_PLAN = (
    "The plan of an update compares the facts of two releases: the `release.json` beside each compose "
    "file. It shows what stays, what is recreated and why, what is drained, which jobs run, what must "
    "exist beforehand, and until when a rollback is possible:"
)
_COPIES = (
    "A service that answers HTTP and keeps nothing changes behind a second copy: the new release starts beside the previous one, and when its health check succeeds, new connections go "
    "to it. Then the service is recreated, and the copy finishes its requests and stops. If the host lacks the memory "
    "for the copy, the script warns before anything stops, and the service changes in place."
)
_IN_PLACE = (
    "All other services are recreated in place. Until the new container answers, clients are refused, and requests to "
    "services that need it wait or fail, as those services choose. The goal is not met during that time; the plan shows the "
    "longest that it may take. Services that do not change, above all stores, are not touched."
)
_NETWORK = "If the definition of a network changes, all services stop first, because Compose cannot change a network that is in use. The plan shows this."
_PLACES: dict[Place, str] = {"host": "install.sh", "node": "roll-out"}


def update(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/update.md`."""
    if not spec.says("update"):
        return
    page = Page("docs/operator/update.md", "Updates")
    page.add(
        f"The goal: the entry refuses requests for at most {spec.update.downtime_goal_s} s.",
        path_of("update", "downtime_goal_s"),
    )
    page.add(_PLAN)
    page.add(fence("plumb update plan OLD NEW   # each a release.json, or a folder that holds one", "sh"))
    page.add("## What clients see")
    places = list(_places(spec))
    if places:
        page.add(_COPIES)
    page.add(_IN_PLACE)
    page.add(_NETWORK)
    page.table(["Mode", "Answers clients", "Keeps data", "Is drained"], list(_services(spec)))
    if places:
        page.add("## Steps")
        headers = ["", "Step", "What it does", "Where", *(["If install.sh ends here"] if "host" in places else [])]
        page.table(headers, list(_steps(places)))
    _migrations(spec, page)
    if spec.update.runbooks:
        page.add("## Runbooks")
        links = (link(render_runbook(spec, each).title, f"runbooks/{each}.md") for each in spec.update.runbooks)
        titles = [path_of("runbooks", each, "title") for each in spec.update.runbooks]
        page.add("\n".join(f"- {each}" for each in links), [path_of("update", "runbooks"), *titles])
    yield page.done()


def _services(spec: Spec) -> Iterator[tuple[Where, list[str]]]:
    for deployment in deployments(spec):
        services = deployment.services
        where = (
            deployment.mode if len(deployments(spec, deployment.mode)) == 1 else f"{deployment.mode} {deployment.role}"
        )
        kinds = (
            [name for name, service in services.items() if service.publish],
            [name for name, service in services.items() if service.volumes],
            [name for name in spec.update.drain if name in services],
        )
        yield _behind(spec, deployment), [text(where), *(codes(names) for names in kinds)]


def _behind(spec: Spec, deployment: Deployment) -> list[PathText]:
    fields = [
        field_path(name, spec.services[name], deployment.mode, field)
        for name in deployment.services
        for field in ("publish", "volumes")
    ]
    return [
        path_of("topology", deployment.mode, "roles", deployment.role, "services"),
        path_of("update", "drain"),
        *fields,
    ]


def _places(spec: Spec) -> Iterator[Place]:
    """Where this spec's updates are done."""
    if list(script_deployments(spec)):
        yield "host"
    if list(roll_outs(spec)):
        yield "node"


def _steps(places: list[Place]) -> Iterator[tuple[Where, list[str]]]:
    done = [each for each in STEPS if set(each.places) & set(places)]
    for number, each in enumerate(done, 1):
        back = [text(BACK[each.back])] if "host" in places else []
        yield None, [str(number), text(each.title), prose(each.does), _where(each, places), *back]


def _where(step: ReleaseStep, places: list[Place]) -> str:
    return ", ".join(_PLACES[each] for each in step.places if each in places)


def _migrations(spec: Spec, page: Page) -> None:
    if not any(spec.update.migrations.values()):
        return
    page.add("## Migrations")
    rows: list[tuple[Where, list[str]]] = []
    for job, migrations in spec.update.migrations.items():
        for index, each in enumerate(migrations):
            does = f"contracts; unused since {each.unused_since}" if each.contracting else "expands"
            at = path_of("update", "migrations", job, index)
            rows.append((at, [code(job), code(each.revision), text(each.title), text(does)]))
    page.table(["Job", "Revision", "What it is about", "Kind"], rows)
