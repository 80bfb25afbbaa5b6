"""The commands of plumb that a spec may name, and the options of each; a test holds them against the command line."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

PLUMB: Mapping[str, str] = {
    "build": "--adopt --force",
    "bundle apply": "--out",
    "bundle build": "--customer --encrypt-to --images --max-part-size --mode --models --next-key --out --platform --release --sign --stand-ins --substitutes",
    "bundle delta": "--dry-run --out",
    "bundle inspect": "--against --layers",
    "bundle sign": "--key",
    "check": "--format --fresh --no-drift --watch",
    "explain": "",
    "init": "",
    "lock": "--check --format --image",
    "provision apply": "--all --allow --at-once --journals --mode --proxy --tenant --token-file --yes",
    "provision destroy": "--all --allow --at-once --journals --mode --proxy --tenant --token-file --yes",
    "provision mark-lost": "--all --allow --at-once --journals --mode --proxy --server --tenant --token-file --undo",
    "provision plan": "--all --allow --at-once --journals --mode --out --proxy --tenant --token-file",
    "provision status": "--all --allow --at-once --journals --mode --proxy --tenant --token-file",
    "provision unlock": "--all --allow --at-once --journals --mode --proxy --tenant --token-file --yes",
    "runbook list": "",
    "runbook run": "--accept-output --at --confirm --dry-run --half-done --journal --journals --mode --resume --set --undo --yes",
    "runbook show": "--mode --set",
    "schema": "",
    "site build": "--site-dir",
    "site serve": "--address",
    "update plan": "--format",
    "verify bundle": "--fingerprint --format --key",
    "verify cloud": "--all --format --live-prices --report --tenant --token-file",
    "verify parity": "--format --report --tenant",
    "verify stack": "--attach --faults --format --keep --mode --report --restart-engine --tenant",
    "why": "",
}
"""The options, by command."""
_OF_ALL = ("--help", "--no-color", "--quiet", "--spec", "--verbose")


def command_of(words: Sequence[str]) -> str | None:
    """The command that a call's words begin with, those after `plumb`."""
    return next((name for name in PLUMB if words[: len(name.split())] == name.split()), None)


def unknown_option(words: Sequence[str]) -> tuple[str, str | None] | None:
    """The first option that the call's command does not have, with the hint that helps; None where there is none."""
    command = command_of(words)
    if command is None:
        return None
    options = (*PLUMB[command].split(), *_OF_ALL)
    for word in words[: words.index("--") if "--" in words else None]:
        name = word.partition("=")[0]
        if name.startswith("--") and "$" not in name and name not in options:
            close = get_close_matches(name, options, n=1)
            return f"`plumb {command}` has no option `{name}`", f"did you mean `{close[0]}`?" if close else None
    return None
