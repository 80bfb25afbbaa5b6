"""`docs/auditor/models.md`: models and signatures."""

from collections.abc import Iterable

from generators.markdown import Page, code, prose, text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec


def models(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/models.md`."""
    if not spec.models.models:
        return
    page = Page("docs/auditor/models.md", "Models and signatures")
    page.table(
        ["Model", "Path", "Size", "SHA-256", "Source", "Licence", "Note"],
        [
            (
                path_of("models", name),
                [
                    text(model.title),
                    code(model.path),
                    f"{model.size_mb} MB",
                    code(model.sha256) if model.sha256 else "fixed when a bundle is built",
                    text(model.source),
                    text(model.licence),
                    prose(model.note or "–"),
                ],
            )
            for name, model in sorted(spec.models.models.items())
        ],
    )
    yield page.done()
