"""The report about a project as text, Markdown and JUnit XML. Pure."""

from collections import Counter

from generators.markdown import EvidencePage, prose, text
from plumbline.spec.foreign import printable
from validators.check_reports import add_facts, junit
from validators.cloud.report import CloudReport


def as_junit(report: CloudReport) -> str:
    """One test case per check; what cannot be read is skipped."""
    return junit("plumb verify cloud", report.checks, report.began, report.seconds, {"spec": report.spec_revision})


def summary_lines(report: CloudReport) -> list[str]:
    """What a person wants to know after the findings: what was compared, and what nobody can tell."""
    unread = Counter(
        (check.attribute, check.subject.partition(" ")[0]) for check in report.checks if check.outcome == "unreadable"
    )
    lines = [
        f"{report.platform}, spec {report.spec_revision}: {_counted(len(report.tenants), 'tenant')}, "
        f"{_counted(report.objects, 'object')} in the project, read in {report.seconds['read']:.1f} s",
        f"{report.count('matches')} facts match, {report.count('differs')} differ, "
        f"{report.count('not deployed')} objects are missing, {report.count('unreadable')} facts can't be read",
    ]
    lines += [
        f"can't be read: {attribute} of {_counted(count, kind)}" for (attribute, kind), count in sorted(unread.items())
    ]
    if report.unknown_fields:
        lines.append(f"not compared, because this version does not know them: {', '.join(report.unknown_fields)}")
    return [printable(line) for line in lines]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def as_markdown(report: CloudReport) -> str:
    """A page for people: the summary, the findings, and what does not match."""
    page = EvidencePage("cloud.md", f"Cloud: {report.count('matches')} of {len(report.checks)} facts match")
    page.add(f"Seen on {text(report.began)}.")
    page.add("\n".join(f"- {prose(line)}" for line in summary_lines(report)))
    page.add("## Findings")
    page.table(["Rule", "Finding"], [(None, [text(each.rule), prose(each.message)]) for each in report.findings])
    add_facts(page, report.checks, "Tenant", "Object")
    return page.done().content.decode()
