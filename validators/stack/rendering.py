"""A stack's report as text, Markdown and JUnit XML. Pure."""

from collections import Counter

from generators.markdown import EvidencePage, code, prose, text
from plumbline.spec.foreign import printable
from validators.check_reports import add_facts, junit
from validators.stack.matrix import picture, signs_of
from validators.stack.report import StackReport
from validators.stand_in_limits import weakness


def as_junit(report: StackReport) -> str:
    """One test case per check."""
    facts = {"engine": report.engine.engine, "compose": report.engine.compose, "spec": report.spec_revision}
    facts |= {
        f"stand-in of {image}": f"{server}{weakness(image, report.weakened)}"
        for image, server in report.stand_ins.items()
    }
    return junit(f"plumb verify stack --mode {report.mode}", report.checks, report.began, report.seconds, facts)


def summary_lines(report: StackReport) -> list[str]:
    """What a person wants to know after the findings: against what, on what, and what is not proven by it."""
    kinds = Counter(check.attribute.split(".")[0] for check in report.checks if check.outcome == "matches")
    matches = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [
        f"{report.platform} {report.mode}, spec {report.spec_revision}, on Docker Engine {report.engine.engine} with "
        f"Compose {report.engine.compose} ({report.engine.platform})",
        f"{report.count('matches')} facts match, {report.count('differs')} differ, "
        f"{report.count('not deployed')} not deployed",
        f"matches: {matches}",
        "took " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.seconds.items()),
    ]
    lines += [
        f"stand-in: {image} is {server}{weakness(image, report.weakened)}" for image, server in report.stand_ins.items()
    ]
    lines += [f"substitute: the files of model {model}" for model in report.substitutes]
    if report.moved:
        lines.append(
            f"moved: {len(report.moved)} networks got other subnets than the spec's, which are in use or shared by all nodes"
        )
    lines += [
        f"moved: {publication} was published at {place}, because another stack or program uses the spec's port; facts about the port were compared with "
        "the new place"
        for publication, place in report.moved_ports.items()
    ]
    lines += [f"seen once, but not in a second inspection: {each}" for each in report.passed]
    lines += [f"ignored: {text}" for text in report.ignored]
    lines += [f"narrowed: {text}" for text in report.narrowed]
    lines += [f"not tried: {text}" for text in report.untried]
    lines += [f"warning: {text}" for text in report.warnings]
    if report.stand_ins:
        lines.append("A result on a stand-in proves the generated project, not the real image.")
    return [printable(line) for line in lines]


def as_markdown(report: StackReport) -> str:
    """A page for people: the summary, who reached whom, and what does not match."""
    page = EvidencePage(
        f"stack-{report.mode}.md", f"Stack {report.mode}: {report.count('matches')} of {len(report.checks)} facts match"
    )
    page.add(f"Seen on {text(report.began)}.")
    page.add("\n".join(f"- {prose(line)}" for line in summary_lines(report)))
    if report.weakened:
        page.add("[How stand-ins differ](../images.md).")
    page.add("## Findings")
    page.table(["Rule", "Finding"], [(None, [text(each.rule), prose(each.message)]) for each in report.findings])
    page.add("## Who reached whom")
    page.add(
        "Row to column, every declared port tried. ● (green) reached as needed, ○ (blue) reached and allowed, · "
        "(grey) not reached, "
        "✗ (red) against the spec."
    )
    _add_matrix(page, report)
    add_facts(page, report.checks, "Node", "Subject")
    return page.done().content.decode()


def _add_matrix(page: EvidencePage, report: StackReport) -> None:
    signs = signs_of(report.table)
    sources = sorted({source for source, _ in signs})
    targets = sorted({target for _, target in signs})
    page.add(picture(report.table))
    rows = [(None, [code(source), *(signs.get((source, target), "") for target in targets)]) for source in sources]
    page.table(["", *(text(target) for target in targets)], rows)
