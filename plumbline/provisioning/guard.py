"""What a change does to what is there, and which of that needs the operator's word. Decided here and nowhere else.

A change says its effects; `--allow NAME` gives the word for one object. What the desired state protects stays protected,
whatever somebody lifted by hand.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum

from plumbline.provisioning.calls import Misused


class Effect(Enum):
    """What a change takes away, opens or costs; a change without an effect only adds or fixes."""

    DELETES = "deletes"
    LOSES_DATA = "loses data"
    UNPROTECTS = "lifts a protection"
    REPLACES = "replaces"
    SHRINKS = "shrinks"
    DETACHES = "detaches"
    STOPS = "stops a server"
    EXPOSES = "opens the firewall wider"
    REDIRECTS = "leads elsewhere"
    COSTS_MORE = "costs more"


Effects = frozenset[Effect]
NOTHING: Effects = frozenset()
BY_WORD: dict[str, Effects] = {
    "apply": frozenset(Effect),
    # who types the tenant's name has said that servers go; not that data goes
    "destroy": frozenset((Effect.LOSES_DATA, Effect.UNPROTECTS)),
}
"""Effects that need --allow, by verb."""


def words_missing(
    effects: Effects, names: Iterable[str], allowed: frozenset[str], verb: str = "apply"
) -> tuple[str, ...]:
    """Names that --allow would have to give for a change with these effects; empty when it may be done."""
    if not effects & BY_WORD[verb]:
        return ()
    return tuple(dict.fromkeys(name for name in names if name not in allowed))


def effects_of_deletion(kind: str, protected: bool) -> Effects:
    """What the deletion of an object does. `protected`: at the provider, or in the desired state."""
    effects = {Effect.DELETES}
    if kind == "volume":
        effects.add(Effect.LOSES_DATA)
    if protected:
        effects.add(Effect.UNPROTECTS)
    return frozenset(effects)


def check_words(allowed: Iterable[str], known: Iterable[str]) -> None:
    """Raises Misused for a name that no object has: a slip, which would otherwise be found out when it matters."""
    names = sorted(set(known))
    for word in allowed:
        if word not in names:
            close = get_close_matches(word, names, 1)
            meant = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names) or 'none'}"
            raise Misused(f"--allow {word}: no object has this name; {meant}")
