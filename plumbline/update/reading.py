"""Reads a release's facts from their text. Pure."""

from pydantic import ValidationError

from plumbline.spec.finding import Finding, InputError
from plumbline.spec.location import Location
from schema.release import ReleaseFacts

NAME = "release.json"
_HINT = "use the file that `plumb build` wrote for the release; older releases have none"


def read_facts(text: str | bytes, label: str) -> ReleaseFacts:
    """The facts of a text; `label` names the file in findings. Raises InputError."""
    try:
        return ReleaseFacts.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"contains no facts of a release: {place + ': ' if place else ''}{first['msg']}"
        raise unreadable(label, message) from None


def unreadable(label: str, message: str) -> InputError:
    """What is raised where there are no facts to read."""
    return InputError([Finding("PLB965", message, location=Location(label), hint=_HINT)])
