"""What filters or changes packets in a network namespace, but for the engine's own rules for its resolver. Read from within it."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

LEGACY = {"iptables-legacy-save": "/proc/net/ip_tables_names", "ip6tables-legacy-save": "/proc/net/ip6_tables_names"}
"""Programs that read the kernel's older tables, and where it says whether there are any."""
RESOLVER = "127.0.0.11"
"""What the engine's rules are about (moby, daemon/libnetwork/resolver_unix.go)."""
_ENGINES = re.compile(r"\bDOCKER_(OUTPUT|POSTROUTING)\b")
_NO_KERNEL_SUPPORT = "not supported"
_HEAD = re.compile(r"^\s*(table|chain|set|map|flowtable) ")
_BASE = re.compile(r"^\s*type .*policy accept;$")


def filters() -> list[str]:
    """Each rule and policy that is not the engine's; raises OSError where a program that has to look can't."""
    legacy = [line for program, names in LEGACY.items() if _any_in(names) for line in _said(program)]
    return [*odd_rules(_said("nft", "list", "ruleset")), *odd_legacy(legacy), *_said("ip", "xfrm", "policy")]


def odd_rules(lines: Iterable[str]) -> list[str]:
    """Of what `nft list ruleset` prints. A table or chain without a rule does nothing."""
    odd, engines = [], False
    for line in lines:
        text = line.strip()
        if _HEAD.match(line):
            engines = bool(_ENGINES.search(line))
        elif text in ("", "}") or _BASE.match(line) or text.startswith(("#", "type ipv4", "type inet")):
            continue
        elif not ((engines and RESOLVER in text) or (RESOLVER in text and _ENGINES.search(text))):
            odd.append(" ".join(re.sub(r"counter packets \d+ bytes \d+", "", text).split()))
    return odd


def odd_legacy(lines: Iterable[str]) -> list[str]:
    """Of what `iptables-legacy-save` prints."""
    rules = (line for line in lines if line.startswith("-A") or re.match(r":\S+ (?!ACCEPT|-)", line))
    return [line for line in rules if not (RESOLVER in line and _ENGINES.search(line))]


def _any_in(file: str) -> bool:
    try:
        return bool(Path(file).read_text().strip())
    except OSError:
        return False


def _said(*words: str) -> list[str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode and _NO_KERNEL_SUPPORT not in done.stderr:
        raise OSError(f"{words[0]}: {done.stderr.strip()}")
    return [line for line in done.stdout.splitlines() if line.strip()]
