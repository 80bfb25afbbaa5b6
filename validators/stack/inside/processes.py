"""Every process of a container, and who else is in its namespaces: what each may and is, against the service. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from plumbline.report.fact import Check
from validators.stack.kernel import capability_names

PROCESSES = "processes"
_CHANGES_USER = {"SETUID", "SETGID"}
"""With one of these a service's first process may start others as somebody else."""
_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
_SHOWN = 60
Process = Mapping[str, Any]
Values = dict[str, tuple[str, str]]
"""What is expected and what was seen, by the fact's name."""


def process_checks(
    subject: str,
    where: str,
    rights: tuple[str, Iterable[str]],
    kernel: Mapping[str, Any],
    usual: Mapping[str, Any],
    containers: Mapping[str, str],
) -> list[Check]:
    """Checks of all processes of a service.

    `rights` are its user, `uid:gid`, and its capabilities; `usual` is what the engine gives a process that asks for nothing.
    `containers` are names by id of those whose processes count as foreign.
    """
    user, capabilities = rights
    own, others = kernel["processes"]["own"], kernel["processes"]["others"]
    first = next(each for each in own if each["pid"] == kernel["processes"]["first"])
    pairs = _user(own, first, user, set(capabilities)) | _powers(own, set(capabilities))
    pairs |= _place(own, first) | _means(own, usual, kernel["cgroup"])
    foreign = sorted({_foreign(each, first, containers) for each in others if _counts(each, containers)})
    pairs["namespaces_shared"] = "with nobody", f"with {'; '.join(foreign)}" if foreign else "with nobody"
    return [Check(subject, f"{PROCESSES}.{name}", *pair, where=where) for name, pair in pairs.items()]


def _user(own: Iterable[Process], first: Process, user: str, capabilities: set[str]) -> Values:
    """Who they are. Another user than the service's is nobody that the service could become by itself."""
    if capabilities & _CHANGES_USER:
        return {}
    uid, _, gid = user.partition(":")
    numeric = uid.isdecimal() and gid.isdecimal()
    wanted = {"Uid": {uid} if numeric else _ids(first, "Uid"), "Gid": {gid} if numeric else _ids(first, "Gid")}
    groups = {gid} if numeric else _ids(first, "Groups") | _ids(first, "Gid")
    return {
        "user": _all(
            own, lambda each: all(_ids(each, name) <= ids for name, ids in wanted.items()), f"all as {user}", _who
        ),
        "groups": _all(own, lambda each: _ids(each, "Groups") <= groups, "no other groups", _groups),
    }


def _powers(own: Iterable[Process], capabilities: set[str]) -> Values:
    def held(each: Process) -> set[str]:
        return {name for kind in _SETS for name in capability_names(int(each["status"][kind] or "0", 16))}

    return {
        "capabilities": _all(
            own,
            lambda each: held(each) <= capabilities,
            f"at most {' '.join(sorted(capabilities)) or 'none'}",
            lambda each: f"{len(held(each) - capabilities)} more, {sorted(held(each) - capabilities)[0]} among them",
        ),
        "new_privileges": _all(own, lambda each: each["status"]["NoNewPrivs"] == "1", "never", lambda _: "possible"),
        "system_calls": _all(own, lambda each: each["status"]["Seccomp"] == "2", "filtered", lambda _: "not filtered"),
    }


def _place(own: Iterable[Process], first: Process) -> Values:
    pids = {each["pid"] for each in own}
    return {
        "parents": _all(
            own,
            lambda each: each is first or each["parent"] in pids,
            "all its own",
            lambda _: "started from outside",
        ),
        "namespaces": _all(
            own, lambda each: each["namespaces"] == first["namespaces"], "all in its own", lambda _: "in others"
        ),
        "states": _all(
            own, lambda each: not _is_held(each), "none held", lambda each: "traced" if each["tracer"] else "stopped"
        ),
        "programs": _all(
            own, lambda each: not _is_no_file(each["program"]), "all files", lambda each: f"{each['program']}"
        ),
    }


def _means(own: Iterable[Process], usual: Mapping[str, Any], group: Mapping[str, str]) -> Values:
    def raised(each: Process) -> list[str]:
        return [
            name for name, most in usual["limits"].items() if _number(each["limits"].get(name, "0")) > _number(most)
        ]

    pairs = {
        "limits": _all(
            own, lambda each: not raised(each), "none raised", lambda each: f"raised in {', '.join(raised(each))}"
        ),
        "priority": _all(
            own,
            lambda each: each["nice"] >= usual["nice"],
            f"none before {usual['nice']}",
            lambda each: str(each["nice"]),
        ),
        "kill_order": _all(
            own,
            lambda each: each["oom"] >= usual["oom"],
            f"none before {usual['oom']}",
            lambda each: str(each["oom"]),
        ),
    }
    told = [name for name in ("weight", "cores", "reserved", "out_of_memory") if usual["cgroup"][name]]
    return pairs | {f"group_{name}": (usual["cgroup"][name], group[name] or "none") for name in told}


def _all(
    own: Iterable[Process], fine: Callable[[Process], bool], expected: str, what: Callable[[Process], str]
) -> tuple[str, str]:
    odd = sorted({f"{what(each)} ({_shown(each)})" for each in own if not fine(each)})
    return expected, "; ".join(odd) if odd else expected


def _shown(each: Process) -> str:
    return str(each["command"])[:_SHOWN] or str(each["program"])


def _ids(each: Process, name: str) -> set[str]:
    return set(each["status"][name].split())


def _who(each: Process) -> str:
    return f"{each['status']['Uid'].split()[0]}:{each['status']['Gid'].split()[0]}"


def _groups(each: Process) -> str:
    return f"in {each['status']['Groups']}"


def _is_held(each: Process) -> bool:
    """Whether somebody stopped it, or runs it step by step."""
    return each["state"] in ("T", "t") or each["tracer"] != 0


def _is_no_file(program: str) -> bool:
    return program.startswith("/memfd:") or program.endswith(" (deleted)")


def _number(limit: str) -> float:
    return math.inf if limit == "unlimited" else float(limit or 0)


def _counts(each: Process, containers: Mapping[str, str]) -> bool:
    return not each["container"] or each["container"] in containers


def _foreign(each: Process, first: Process, containers: Mapping[str, str]) -> str:
    shared = ", ".join(name for name, where in each["namespaces"].items() if first["namespaces"].get(name) == where)
    who = f"container {containers[each['container']]}" if each["container"] else "a process of the host"
    return f"{who} ({_shown(each)}) in {shared}"
