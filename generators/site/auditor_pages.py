"""Pages about what is pinned, kept and promised: images, models, secrets, requirements, open decisions."""

from collections.abc import Iterable

from generators.markdown import Page, Where, code, codes, link, prose, text
from generators.site.rule_pages import rule_link
from generators.site.secret_handover import handovers, how_secrets_are_read
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec


def images(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/images.md`."""
    page = Page("docs/architect/images.md", "Images")
    page.add(
        "Each image is pinned by the digest of its manifest list. An unpublished one has none, and a stand-in takes its place in tests."
    )
    page.table(
        ["Image", "Reference", "State", "Licence", "Stand-in in tests"],
        [
            (
                path_of("images", name),
                [
                    code(name),
                    code(f"{image.repository}:{image.tag}"),
                    text(image.lifecycle.state),
                    text(image.licence),
                    text(image.stand_in.server) if image.stand_in else "–",
                ],
            )
            for name, image in sorted(spec.images.images.items())
        ],
    )
    for name, image in sorted(spec.images.images.items()):
        path = path_of("images", name)
        page.add(f"## {text(name)}", path)
        evidence = image.evidence
        rows: list[tuple[Where, list[str]]] = [
            (path_of(path, "digest"), ["Digest", code(image.digest) if image.digest else "none: not published"]),
            (path_of(path, "platforms"), ["Platforms", codes(image.platforms)]),
            (path_of(path, "http_client"), ["Client for health checks", code(image.http_client)]),
            (
                path_of(path, "lifecycle"),
                ["Lifecycle", prose(f"{image.lifecycle.state}. {image.lifecycle.note or ''}".strip())],
            ),
        ]
        if image.lifecycle.decision:
            rows.append(
                (
                    path_of(path, "lifecycle", "decision"),
                    ["Open decision", link(image.lifecycle.decision, "../auditor/decisions.md")],
                )
            )
        if evidence:
            note = f". {evidence.note}" if evidence.note else ""
            said = (
                "its registry, asked"
                if evidence.source == "registry"
                else f"{evidence.confirmations} public sources, looked up"
            )
            rows.append(
                (
                    path_of(path, "evidence"),
                    [
                        "Evidence",
                        prose(f"{said} {evidence.checked}{note}"),
                    ],
                )
            )
        page.table(["", ""], rows)
    yield page.done()


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


def secrets(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/secrets.md`."""
    if not spec.secrets.secrets:
        return
    page = Page("docs/auditor/secrets.md", "Secrets")
    page.add(f"An inventory; the spec holds no value. {how_secrets_are_read(spec)}")
    tenants = bool(spec.tenants.tenants)
    if tenants or "{tenant}" not in spec.secrets.folder:
        page.add(f"Folder: {code(spec.secrets.folder)}.", path_of("secrets", "folder"))
    page.add(prose(spec.secrets.encryption), path_of("secrets", "encryption"))
    users: dict[str, set[str]] = {}
    uses: dict[str, list[PathText]] = {}
    for each in handovers(spec):
        users.setdefault(each.secret, set()).add(each.service)
        uses.setdefault(each.secret, []).append(each.path)
    page.table(
        ["Secret", "Opens", "Owner", *(["Scope"] if tenants else []), "Length", "Replaced after", "Read by"],
        [
            (
                (path_of("secrets", name), *uses.get(name, ())),
                [
                    code(name),
                    text(secret.title),
                    text(secret.owner),
                    *([text(secret.scope)] if tenants else []),
                    f"{secret.length} characters",
                    f"{secret.rotation_days} days",
                    codes(sorted(users.get(name, ()))),
                ],
            )
            for name, secret in sorted(spec.secrets.secrets.items())
        ],
    )
    if not tenants:
        yield page.done()
        return
    page.add("## Whose key opens them")
    page.add(
        "A recipient is a public key of age. Who has the tenant's `key.age` opens what was encrypted to it; nobody else does."
    )
    page.table(
        ["Tenant", "Folder", "Recipient"],
        [
            (
                (path_of("tenants", name, "recipient"), path_of("secrets", "folder")),
                [
                    code(name),
                    code(spec.secrets.folder.replace("{tenant}", name)),
                    code(tenant.recipient) if tenant.recipient else "none yet; nothing can be encrypted",
                ],
            )
            for name, tenant in spec.tenants.tenants.items()
        ],
    )
    yield page.done()


def requirements(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/requirements.md`."""
    if not spec.requirements.requirements:
        return
    page = Page("docs/auditor/requirements.md", "Requirements")
    page.add("What is required, and what shows that it is met.")
    for name, requirement in spec.requirements.requirements.items():
        page.add(f"## {name}: {text(requirement.title)}", path_of("requirements", name, "title"))
        if requirement.related:
            page.add("Of another document; this spec only refers to it.")
            continue
        page.table(
            ["Proof", "What"],
            [
                (path_of("requirements", name, "proofs", index), [text(proof.kind), _proof(spec, proof.kind, proof.ref)])
                for index, proof in enumerate(requirement.proofs)
            ],
        )
    yield page.done()


def _proof(spec: Spec, kind: str, ref: str) -> str:
    if kind == "rule":
        return _rule(spec, ref)
    return link(ref, f"../operator/runbooks/{ref}.md") if kind == "runbook" else code(ref)


def _rule(spec: Spec, id: str) -> str:
    """A rule; its page is in a project that holds the reference, elsewhere `plumb explain` shows it."""
    return rule_link(id, "../architect/rules/") if spec.platform.reference else code(id)


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
        page.add("Findings that are accepted for a time. An expired or unused waiver is a finding itself.")
    page.section(
        "",
        ["Rule", "About", "Reason", "Until"],
        [
            (
                path_of("waivers", "waivers", index),
                [
                    _rule(spec, waiver.rule),
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
