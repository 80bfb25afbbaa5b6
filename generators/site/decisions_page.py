"""`docs/auditor/decisions.md`: open decisions and waivers."""

from collections.abc import Iterable

from generators.markdown import Page, code, prose, text
from generators.site.rule_pages import shown_rule
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec


def has_decisions(spec: Spec) -> bool:
    """Whether there is a page about what is open and what is accepted."""
    return bool(spec.platform.open_decisions or spec.waivers.waivers or spec.waivers.ignored)


def decisions(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/decisions.md`: open decisions and waivers."""
    if not has_decisions(spec):
        return
    page = Page("docs/auditor/decisions.md", "Open decisions and waivers")
    for name, decision in spec.platform.open_decisions.items():
        path = path_of("platform", "open_decisions", name)
        page.add(f"## {text(name)}", path)
        page.add(prose(decision.question), path_of(path, "question"))
        page.add("\n".join(f"- {prose(option)}" for option in decision.options), path_of(path, "options"))
        page.add(f"While it is open: {prose(decision.impact)}", path_of(path, "impact"))
    if spec.waivers.waivers:
        page.add("## Waivers")
        page.add("Findings that are accepted until a date. An expired or unused waiver is itself a finding.")
    page.section(
        "",
        ["Rule", "About", "Reason", "Until"],
        [
            (
                path_of("waivers", "waivers", index),
                [
                    shown_rule(spec, waiver.rule),
                    code(waiver.subject),
                    prose(waiver.reason),
                    text(waiver.expires),
                ],
            )
            for index, waiver in enumerate(spec.waivers.waivers)
        ],
    )
    page.section(
        "## Accepted differences of running stacks",
        ["Mode", "Subject", "Fact", "Until", "Why"],
        [
            (
                path_of("waivers", "ignored", index),
                [code(each.mode), code(each.subject), code(each.fact), text(each.expires), prose(each.reason)],
            )
            for index, each in enumerate(spec.waivers.ignored)
        ],
    )
    yield page.done()
