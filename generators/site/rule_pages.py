"""A page for each rule, made from the rule itself."""

from collections.abc import Iterable, Sequence

from generators.markdown import Page, code, fence, link, prose, text
from plumbline.project.artifact import Artifact
from plumbline.report.explained import ExplainedRule
from plumbline.report.machine import RULE_PAGES
from plumbline.spec.spec import Spec

FOLDER = f"docs/{RULE_PAGES}"


class RulePageGenerator:
    """The list of rules and a page for each."""

    name = "rules"

    def __init__(self, rules: Sequence[ExplainedRule]):
        self.rules = sorted(rules, key=lambda rule: rule.id)

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """`index.md` and `<id>.md`, in a project that holds the reference; elsewhere `plumb explain` shows them."""
        if not spec.platform.reference:
            return
        index = Page(f"{FOLDER}/index.md", "Rules")
        index.add("What `plumb check` and `plumb verify` look for. `plumb explain RULE` says the same at a terminal.")
        index.table(
            ["Rule", "Severity", "Finds"],
            [(None, [link(rule.id, f"{rule.id}.md"), text(rule.severity), prose(rule.title)]) for rule in self.rules],
        )
        yield index.done()
        for rule in self.rules:
            yield _page(rule)


def _page(rule: ExplainedRule) -> Artifact:
    page = Page(f"{FOLDER}/{rule.id}.md", f"{rule.id}: {rule.title}")
    page.add(f"Severity: {code(rule.severity)}. {link('All rules', 'index.md')}")
    page.add("## Why").add(prose(rule.why.strip()))
    page.add("## How to fix it").add(prose(rule.fix.strip()))
    if not rule.failing:
        return page.done()
    page.add("The examples are merged into the spec that `plumb init` makes; they are also the rule's tests.")
    page.add("## Fails").add(fence(rule.failing.strip(), "yaml"))
    page.add("## Passes").add(fence(rule.passing.strip(), "yaml"))
    return page.done()
