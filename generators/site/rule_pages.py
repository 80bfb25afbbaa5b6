"""The rules, made from the rules themselves: a list, and a page for each hundred."""

from collections.abc import Iterable, Sequence

from generators.markdown import Page, code, fence, link, prose, text
from plumbline.project.artifact import Artifact
from plumbline.report.excerpt import excerpts
from plumbline.report.explained import ExplainedRule
from plumbline.report.sarif import RULE_PAGES, rule_anchor, rule_page
from plumbline.spec.kept import note, recall
from plumbline.spec.spec import Spec

FOLDER = f"docs/{RULE_PAGES}"
_SUBJECTS = {
    "PLB0": "Files",
    "PLB1": "Names, ports and connections",
    "PLB2": "Networks and entries",
    "PLB3": "Images",
    "PLB4": "Placement, limits and hardening",
    "PLB5": "Cloud and roll-out",
    "PLB6": "Secrets",
    "PLB7": "Parity of modes",
    "PLB8": "Runbooks and requirements",
    "PLB9": "What runs, and what was built",
}
"""What the rules of a hundred are about."""


class RulePageGenerator:
    """The list of rules, and the rules by hundreds."""

    name = "rules"

    def __init__(self, rules: Sequence[ExplainedRule]):
        self.rules = sorted(rules, key=lambda rule: rule.id)

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """In a project that holds the reference; elsewhere `plumb explain` shows them."""
        if not spec.platform.reference:
            return
        families: dict[str, list[ExplainedRule]] = {}
        for rule in self.rules:
            families.setdefault(rule_page(rule.id), []).append(rule)
        index = Page(f"{FOLDER}/index.md", "Rules")
        index.add("What `plumb check` and `plumb verify` look for. `plumb explain RULE` shows the same in a terminal.")
        for rules in families.values():
            index.add(f"## {_subject(rules[0].id)}")
            index.table(
                ["Rule", "Severity", "Finds"],
                [(None, [rule_link(rule.id, ""), text(rule.severity), prose(rule.title)]) for rule in rules],
            )
        yield index.done()
        for path, rules in families.items():
            said = tuple(
                (each.id, str(each.severity), each.title, each.why, each.fix, each.failing, each.passing)
                for each in rules
            )
            content: bytes | None = recall("rule page", (path, said))
            if content is None:
                note("rule page", (path, said), content := _page(path, rules).content)
            yield Artifact(f"docs/{path}.md", content)


def rule_link(id: str, folder: str) -> str:
    """A link to a rule; `folder`: that of the rules' pages, from the page that has the link."""
    name = rule_page(id).removeprefix(f"{RULE_PAGES}/")
    return link(id, f"{folder}{name}.md#{rule_anchor(id)}")


def _subject(id: str) -> str:
    """The heading of a hundred, by which it is found in the navigation too, e.g. `Images (PLB3xx)`."""
    return f"{_SUBJECTS[id[:4]]} ({id[:4]}xx)"


def _page(path: str, rules: Sequence[ExplainedRule]) -> Artifact:
    page = Page(f"docs/{path}.md", _subject(rules[0].id))
    page.add(
        "Each example is merged into the spec that `plumb init` makes, and is a test of its rule. "
        "`# …` stands for lines that both examples share; `plumb explain RULE` shows them all."
    )
    for rule in rules:
        page.add(f'<a id="{rule_anchor(rule.id)}"></a>')
        page.add(f"## {rule.id}: {prose(rule.title)}")
        page.add(f"Severity: {code(rule.severity)}.")
        page.add(f"**Why:** {prose(rule.why.strip())}")
        page.add(f"**How to fix it:** {prose(rule.fix.strip())}")
        if rule.failing:
            fails, passes = excerpts(rule.failing, rule.passing)
            page.add("Fails:").add(fence(fails, "yaml"))
            page.add("Passes:").add(fence(passes, "yaml"))
    return page.done()


def shown_rule(spec: Spec, id: str) -> str:
    """A rule; its page is in a project that holds the reference, elsewhere `plumb explain` shows it."""
    return rule_link(id, "../architect/rules/") if spec.platform.reference else code(id)
