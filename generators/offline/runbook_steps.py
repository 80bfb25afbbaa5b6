"""The runbooks of an air-gapped host as shell functions, from the same data as the pages and `plumb runbook`. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from generators.offline.posix_patterns import Untranslatable, posix_pattern
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.rendering import ExpressionError, names_in
from plumbline.expressions.values import KINDS, says
from plumbline.runbook.listing import labelled
from plumbline.runbook.rendering import (
    RenderedStep,
    consent_name,
    place_texts,
    render_runbook,
    runbook_texts,
    step_texts,
)
from plumbline.spec.spec import Spec
from schema.runbook import Parameter, Runbook

_MARK = "plumbvalue{}x"
"""What stands for a value while the texts are made."""


@per_spec
def carried_runbooks(spec: Spec, mode: str) -> Mapping[str, str]:
    """The shell functions of each runbook that a host of a mode can run by itself, by the runbook's name: one that is all done on the
    host itself, after a release is there, and whose texts hold the operator's values as they are."""
    found = {}
    for name, runbook in sorted(spec.runbooks.items()):
        tenant = any(each.kind == "tenant" for each in runbook.parameters.values())
        if mode in runbook.modes and not runbook.before_install and not tenant:
            # plumb check says what is wrong with a text that can't be rendered
            with suppress(Untranslatable, ExpressionError):
                found[name] = _functions(spec, name, mode)
    return found


class _Words:
    """Texts of a runbook as words of the shell, with `"$v_NAME"` where a value goes."""

    def __init__(self, spec: Spec, name: str, mode: str):
        parameters = spec.runbooks[name].parameters
        self.marks = {_MARK.format(at): key for at, key in enumerate(parameters)}
        self.shown = render_runbook(spec, name, mode, {key: mark for mark, key in self.marks.items()})
        _see_that_values_are_only_put_in(spec, name)
        example = repr(render_runbook(spec, name, mode, {key: each.example for key, each in parameters.items()}))
        marked = repr(self.shown)
        for mark, key in self.marks.items():
            marked = marked.replace(mark, parameters[key].example)
        if marked != example:
            raise Untranslatable(f"{name}: its texts follow from more of a value than the value itself")

    def __call__(self, text: str | None) -> str:
        """One word. Raises Untranslatable for what no text of a shell can hold."""
        if "\0" in (text or ""):
            raise Untranslatable("a text with a zero byte")
        if not self.marks:
            return _literal(text or "")
        parts = re.split(f"({'|'.join(map(re.escape, self.marks))})", text or "")
        words = (f'"$v_{self.marks[part]}"' if part in self.marks else _literal(part) for part in parts if part)
        return "".join(words) or "''"


def _see_that_values_are_only_put_in(spec: Spec, name: str) -> None:
    """Raises Untranslatable where a template asks what a value is, instead of `{{ name }}` alone."""
    runbook = spec.runbooks[name]
    keys = runbook.parameters.keys()
    put_in = re.compile(rf"\{{\{{-?\s*(?:{'|'.join(keys)})\s*-?\}}\}}")
    texts = [text for _, text in (*runbook_texts(runbook), *place_texts(spec, runbook))]
    if keys and any(names_in(put_in.sub("", text)) & keys for text in texts):
        raise Untranslatable(f"{name}: a template of it reckons with a value")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _functions(spec: Spec, name: str, mode: str) -> str:
    words = _Words(spec, name, mode)
    shown, runbook = words.shown, spec.runbooks[name]
    if any(step.place.plumb or step.place.shells != ("",) for step in shown.steps):
        raise Untranslatable(f"{name}: it is not all done on the host itself")
    own = name.replace("-", "_")
    lines = [f"about_{own}() {{", *_about(words, runbook, consent_name(spec, runbook, {})), "}", ""]
    lines += [f"parameter_{own}() {{", "  case $1 in"]
    for key, parameter in runbook.parameters.items():
        lines += [f"  {key})", *(f"    {each}" for each in _parameter(runbook, key, parameter)), "    ;;"]
    lines += ["  *) return 1 ;;", "  esac", "}", "", f"step_{own}() {{", "  case $1 in"]
    for number, step in enumerate(shown.steps, 1):
        lines += [f"  {number})", *(f"    {each}" for each in _step(words, step)), "    ;;"]
    return "\n".join([*lines, "  esac", "}"])


def _about(words: _Words, runbook: Runbook, consents: str) -> Iterator[str]:
    shown = words.shown
    places = {step.place.id: step.place for step in shown.steps}
    skips = "".join(f" {number}" for number, step in enumerate(shown.steps, 1) if step.skip_when_verified)
    yield f"  mode={_literal(shown.mode)} count={len(shown.steps)} consents={_literal(consents)} skips='{skips}'"
    yield f"  runbook_title={words(shown.title)}"
    yield f"  on_failure={words(shown.on_failure)}"
    yield f"  places={_literal(json.dumps({id: [''] for id in places}, ensure_ascii=False))}"
    yield f"  parameters={_literal(' '.join(runbook.parameters))}"
    head = [f"  at {place.title}: this machine\n" for place in places.values()]
    head += [f"  before: {line}\n" for line in shown.before]
    yield f"  told_first={words(''.join(head))}"


def _parameter(runbook: Runbook, key: str, parameter: Parameter) -> Iterator[str]:
    used = any(key in names_in(text) for step in runbook.steps for _, text in step_texts(step))
    pattern = parameter.pattern if parameter.kind == "text" and parameter.pattern else KINDS[parameter.kind].pattern
    wanted = "|".join(re.escape(each) for each in parameter.choices) if parameter.kind == "choice" else pattern
    there = parameter.kind if used and parameter.kind in ("file", "folder") else ""
    yield f"kind={parameter.kind} there='{'may be created' if there and parameter.created else there}'"
    yield f"what={_literal(parameter.description)}"
    yield f"says={_literal(says(parameter))}"
    yield f"form={_literal(posix_pattern(wanted))}"


def _step(words: _Words, step: RenderedStep) -> Iterator[str]:
    texts: Mapping[str, str | None] = {**labelled(step), "capture": None}
    yield f"title={words(step.title)}"
    yield f"place={_literal(step.place.id)} place_title={words(step.place.title)} timeout_s={step.timeout_s}"
    for label, text in texts.items():
        if label != "capture":
            yield f"{label.replace(' ', '_')}={words((text or '').rstrip())}"
    yield f"undoes='{'yes' if step.undo_commands else ''}'"
    for label, part in (("run", step.run), ("verify", step.verify), ("undo", step.undo_commands)):
        yield f"{label}_needs='{' '.join(step.needs(part or ''))}'"
    captures = [f"{name} {pattern}" for name, pattern in step.capture.items()]
    forms = [f"{name} {posix_pattern(pattern)}" for name, pattern in step.capture.items()]
    if any("\n" in each for each in captures) or any(re.search(r"[*+?}]\)?[?+]", each) for each in captures):
        raise Untranslatable("a capture with a line feed, or that takes as little as it can")
    yield f"captures={_literal(chr(10).join(captures))}"
    yield f"capture_forms={_literal(chr(10).join(forms))}"
