"""`docs/auditor/images.md`: what each public image does by default, and how its stand-in differs."""

import re
from collections.abc import Iterable

from generators.markdown import Page, Where, code, codes, link, prose, text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.contract import Contract, Switch

PAGE = "docs/auditor/images.md"
_AT_A_COMMIT = re.compile(r"github\.com/(?P<repository>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{7,40})(?: (?P<path>\S+))?")
_ADDRESS = re.compile(r"github\.com/\S+")


def contracts(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/images.md`, where the spec has contracts."""
    if not spec.contracts:
        return
    page = Page(PAGE, "Images and stand-ins")
    page.add(
        "What each public image does by default, according to its sources, and how its stand-in differs. "
        "The last table of an image lists the results that the stand-in weakens."
    )
    page.table(
        ["Image", "Read from", "Differences of its stand-in"],
        [
            (
                path_of("contracts", name),
                [
                    link(name, f"#{name}"),
                    code(contract.read.tag),
                    str(len(contract.otherwise)) if contract.otherwise else "–",
                ],
            )
            for name, contract in spec.contracts.items()
        ],
    )
    for name, contract in spec.contracts.items():
        _image(page, spec, name, contract)
    yield page.done()


def _image(page: Page, spec: Spec, name: str, contract: Contract) -> None:
    at = path_of("contracts", name)
    page.add(f"## {text(name)}", at)
    if contract.read.note:
        page.add(f"Read: {prose(contract.read.note)}.", path_of(at, "read", "note"))
    if facts := list(_facts(contract, at)):
        page.table(["Fact", "What"], facts)
    heads = ["Metric", "It is", "Kind", "Measures", "Source"]
    page.section("### Metrics that rules and dashboards use", heads, list(_metrics(contract, at)))
    page.section("### Paths that answer by HTTP", ["Path", "For", "Port", "Source"], list(_answers(contract, at)))
    page.section("### Sources", ["About", "It does", "Source"], list(_claims(contract, at)))
    image = spec.images.images.get(name)
    if not contract.otherwise or image is None or image.stand_in is None:
        return
    page.add("### How its stand-in differs")
    page.add(f"Tests replace it with: {prose(image.stand_in.server)}.", path_of("images", name, "stand_in", "server"))
    page.table(["The image", "The stand-in", "Weakens", "Source"], list(_otherwise(contract, at)))


def _metrics(contract: Contract, at: PathText) -> Iterable[tuple[Where, list[str]]]:
    for metric, each in contract.metrics.items():
        measures = code(each.measures) if each.measures else "–"
        cells = [code(metric), prose(each.title), text(each.kind), measures, link_sources(each.source)]
        yield path_of(at, "metrics", metric), cells


def _answers(contract: Contract, at: PathText) -> Iterable[tuple[Where, list[str]]]:
    for path, each in contract.answers.items():
        shown = code(path) + (" and below" if each.below else "")
        yield path_of(at, "answers", path), [shown, text(each.serves), str(each.port), link_sources(each.source)]


def _claims(contract: Contract, at: PathText) -> Iterable[tuple[Where, list[str]]]:
    for index, claim in enumerate(contract.claims):
        yield path_of(at, "claims", index), [text(claim.about), prose(claim.claim), link_sources(claim.source)]


def _otherwise(contract: Contract, at: PathText) -> Iterable[tuple[Where, list[str]]]:
    for index, each in enumerate(contract.otherwise):
        cells = [prose(each.image), prose(each.here), prose(each.weakens), link_sources(each.source)]
        yield path_of(at, "otherwise", index), cells


def _facts(contract: Contract, at: PathText) -> Iterable[tuple[Where, list[str]]]:
    if contract.user:
        other = {
            None: "",
            True: "; runs as any user who owns its folders",
            False: "; as another user, only parts of it work",
        }
        where = [path_of(at, "user"), path_of(at, "runs_as_any")]
        yield where, ["User", code(contract.user) + other[contract.runs_as_any]]
    if first := contract.first_process:
        end = (
            "the container exits with the server"
            if first.ends_with_server
            else "the container stays up when the server dies"
        )
        way = f", unless its arguments begin with {' or '.join(first.gives_way_to)}" if first.gives_way_to else ""
        yield path_of(at, "first_process"), ["First process", f"{code(first.program)}; {end}{way}"]
    if stop := contract.stop:
        how = (
            "stops in order"
            if stop.graceful
            else "the image's entry point does not forward the signal: a stop is a crash"
        )
        within = f", within {stop.within_s} s" if stop.within_s else ""
        yield path_of(at, "stop"), ["Stop", f"{code(stop.signal)}; {how}{within}"]
    if contract.folders is not None:
        folders = [f"{code(path)} of {code(each.owner)}, mode {each.mode}" for path, each in contract.folders.items()]
        yield (
            path_of(at, "folders"),
            ["Folders for volumes", "<br>".join(folders) or "none; a new volume belongs to root"],
        )
    if contract.programs is not None:
        yield path_of(at, "programs"), ["Programs", codes(contract.programs)]
    if contract.writable:
        yield path_of(at, "writable"), ["Writes to", codes(contract.writable)]
    if contract.volumes:
        yield path_of(at, "volumes"), ["Declares as volumes", codes(contract.volumes)]
    if data := contract.data:
        reading = {
            "same-major": "tags of the same major version can read it",
            "next-minor": "this minor version and the next one can read it",
            "later": "later tags can read it",
        }[data.read_by]
        yield path_of(at, "data"), ["Data", f"{prose(data.format)}; {reading}. Else: {prose(data.otherwise)}"]
    for index, each in enumerate(contract.telemetry):
        off = " or ".join(code_of_switch(switch) for switch in each.off_by)
        yield path_of(at, "telemetry", index), ["Sends by default", f"{prose(each.sends)}. Off by {off}"]


def code_of_switch(switch: Switch) -> str:
    """What one sets to turn something off."""
    return code(switch.option or f"{switch.variable or switch.setting}={switch.value}")


def link_sources(source: str) -> str:
    """A source with links to what it names; several stand apart by `; `."""
    return "; ".join(_linked(each) for each in source.split("; "))


def _linked(source: str) -> str:
    if found := _AT_A_COMMIT.fullmatch(source):
        path = found["path"] or ""
        label = f"{found['repository']} {path}".strip()
        kind = "blob" if path else "commit"
        return link(label, f"https://github.com/{found['repository']}/{kind}/{found['commit']}{path and '/'}{path}")
    return (
        link(source.removeprefix("github.com/"), f"https://{source}") if _ADDRESS.fullmatch(source) else prose(source)
    )
