"""`docs/auditor/requirements.md`: each requirement, with what proves it."""

from collections.abc import Iterable

from generators.markdown import Page, code, link, text
from generators.site.rule_pages import shown_rule
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec


def requirements(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/requirements.md`."""
    if not spec.requirements.requirements:
        return
    page = Page("docs/auditor/requirements.md", "Requirements")
    page.add("What is required, and what shows that it is met.")
    for name, requirement in spec.requirements.requirements.items():
        page.add(f'<a id="{requirement_anchor(name)}"></a>')
        page.add(f"## {name}: {text(requirement.title)}", path_of("requirements", name, "title"))
        if requirement.related:
            page.add("From another document; this spec only refers to it.")
            continue
        page.table(
            ["Proof", "What"],
            [
                (
                    path_of("requirements", name, "proofs", index),
                    [text(proof.kind), _proof(spec, proof.kind, proof.ref)],
                )
                for index, proof in enumerate(requirement.proofs)
            ],
        )
    yield page.done()


def requirement_link(name: str, folder: str) -> str:
    """A link to a requirement; `folder`: that of the auditor's pages, from the page that has the link."""
    return link(name, f"{folder}requirements.md#{requirement_anchor(name)}")


def requirement_anchor(name: str) -> str:
    """Its place in the page, which stays when its title changes."""
    return name.lower()


def _proof(spec: Spec, kind: str, ref: str) -> str:
    if kind == "rule":
        return shown_rule(spec, ref)
    if kind == "runbook":
        return link(ref, f"../operator/runbooks/{ref}.md")
    page = ref.removeprefix("docs/")
    return link(ref, f"../{page}") if page != ref and page.endswith(".md") else code(ref)
