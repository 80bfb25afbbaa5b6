"""PLB614: secrets that name a user where a password belongs, and the other way round."""

import re
from collections.abc import Iterator

from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.spec.location import Location
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import WrittenText, of_services

_WORDS = {
    # what both find at one place, as in AWS_SECRET_ACCESS_KEY, is a password
    "password": re.compile(
        r"(?:^|_|PG)(?:pass(?:word|wd|phrase)?|pwd|secret(?:_?access)?_key|client_secret|auth)(?:_|$)|\bpasswords?\b",
        re.I,
    ),
    "user": re.compile(r"(?:^|_)(?:user(?:_?name)?|login|access_key(?:_id)?|client_id)(?:_|$)|\buser ?names?\b", re.I),
}
"""What tells, in a name or in a title, which of the two something is."""
_FILE = re.compile(r"_{1,2}FILE$")
_SECRET = rf"\$\(\s*(?:cat\s+|<\s*){SECRET_FOLDER}/(?P<{{0}}>[\w-]+)\s*\)"
_ASSIGNED = re.compile(rf"\b(?P<variable>[A-Za-z_]\w*)=[\"']?{_SECRET.format('secret')}(?![:@])")
_PAIR = re.compile(rf"{_SECRET.format('first')}(?::|[\"']? [\"']?){_SECRET.format('second')}")

_STORE = """
secrets.yaml:
  secrets:
    db_password: {{title: "Database, password."}}
    db_user: {{title: "Database, user name.", owner: operations, scope: tenant, length: 16, rotation_days: 90}}
services/db.yaml:
  environment: {{POSTGRES_USER: null}}
  secrets: {{db_user: {{variable: {0}}}, db_password: {{variable: {1}}}}}
"""


@rule(
    "PLB614",
    title="User name and password exchanged",
    why=(
        "The store is set up with the password as its user's name. The password appears in logs, and every client "
        "is refused."
    ),
    fix="Give each variable its own secret: the user name to one, the password to the other.",
    failing=_STORE.format("POSTGRES_PASSWORD_FILE", "POSTGRES_USER_FILE"),
    passing=_STORE.format("POSTGRES_USER_FILE", "POSTGRES_PASSWORD_FILE"),
)
def exchanged(spec: Spec) -> Iterator[Violation]:
    """Secrets whose names and titles say one thing, and the variable or call that takes them another."""
    yield from once(found for placed, texts in of_services(spec) for found in _exchanged(placed, texts))


def _exchanged(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    spec = placed.spec
    for secret, use in placed.service.secrets.items():
        for field in ("variable", "environment"):
            name = getattr(use, field)
            if name and _differ(_kind(_FILE.sub("", name)), kind_of(spec, secret)):
                path = path_of(placed.path("secrets", secret), field)
                message = f"`{name}` takes a {_kind(_FILE.sub('', name))}, but `{secret}` is a {kind_of(spec, secret)}"
                yield Violation(path, message, observed=secret)
    for text in texts:
        for found in _ASSIGNED.finditer(text.shown):
            if _differ(_kind(found["variable"]), kind_of(spec, found["secret"])):
                message = f"`{found['variable']}` takes a {_kind(found['variable'])}, but `{found['secret']}` is a {kind_of(spec, found['secret'])}"
                yield Violation(text.path, message, observed=found["secret"], location=_at(text, found["secret"]))
        for found in _PAIR.finditer(text.shown):
            if (kind_of(spec, found["first"]), kind_of(spec, found["second"])) == ("password", "user"):
                message = f"`{found['first']}`, a password, comes before `{found['second']}`, a user"
                yield Violation(text.path, message, observed=found["first"], location=_at(text, found["first"]))


def kind_of(spec: Spec, secret: str) -> str:
    """`user` or `password` where a secret's title or, where that says neither, its name tells; else empty."""
    known = spec.secrets.secrets.get(secret)
    return (_kind(known.title) if known else "") or _kind(secret)


def _kind(words: str) -> str:
    """What the last of its words tells."""
    ends = {
        kind: max((found.end() for found in pattern.finditer(words)), default=0) for kind, pattern in _WORDS.items()
    }
    return max(ends, key=lambda kind: ends[kind]) if any(ends.values()) else ""


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _at(text: WrittenText, word: str) -> Location | None:
    return text.at_word(word)
