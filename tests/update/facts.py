"""Facts of releases for tests: small ones by hand, and any by chance."""

from typing import Any

from hypothesis import strategies as st

from schema.release import ReleaseFacts, ServiceFacts

NONE = "0" * 64


def service(**fields: Any) -> ServiceFacts:
    """A service that needs nothing and keeps nothing."""
    plain: dict[str, Any] = {
        "image": "sample",
        "reference": "sample:1",
        "digest": f"sha256:{NONE}",
        "entry": NONE,
        "files": {},
        "kind": "service",
        "profiles": (),
        "called": False,
        "health": True,
        "networks": (),
        "needs": (),
        "answers": (),
        "drained": False,
        "stop_grace_s": 10,
        "volumes": (),
        "data": None,
        "secrets": (),
        "settings": (),
        "folders": (),
        "models": (),
        "memory_mib": 64,
    }
    return ServiceFacts.model_validate(plain | fields)


def release(services: dict[str, ServiceFacts], **fields: Any) -> ReleaseFacts:
    """A release of one host."""
    plain: dict[str, Any] = {
        "format": 1,
        "platform": "shop",
        "version": "1.0",
        "mode": "single",
        "role": "host",
        "sealed": True,
        "memory_mib": 64,
        "networks": {},
        "secrets": {},
        "variables": (),
        "migrations": {},
    }
    return ReleaseFacts.model_validate(plain | fields | {"services": services})


def data(version: str, read_by: str = "same-major") -> dict[str, str]:
    """What a store keeps."""
    return {"format": "a cluster", "version": version, "read_by": read_by, "otherwise": "dump and restore"}


NAMES = st.lists(st.sampled_from([f"s{number}" for number in range(8)]), unique=True, max_size=8)


@st.composite
def releases(draw: st.DrawFn, older: ReleaseFacts | None = None) -> ReleaseFacts:
    """A release without circles; beside an older one, most services are as they were."""
    names = draw(NAMES)
    services: dict[str, ServiceFacts] = {}
    for index, name in enumerate(names):
        kept = older.services.get(name) if older else None
        needs = tuple(sorted(draw(st.sets(st.sampled_from(names[:index]))))) if index else ()
        fields: dict[str, Any] = {
            "needs": needs,
            "entry": draw(st.sampled_from([NONE, "1" * 64])),
            "reference": draw(st.sampled_from(["sample:1", "sample:2"])),
            "files": draw(st.sampled_from([{}, {"a.conf": NONE}, {"a.conf": "1" * 64}])),
            "kind": draw(st.sampled_from(["service", "service", "job"])),
            "drained": draw(st.booleans()),
        }
        fields["called"] = fields["kind"] == "job" and draw(st.booleans())
        if kept and draw(st.booleans()):
            fields |= {
                each: getattr(kept, each) for each in ("entry", "reference", "files", "kind", "called", "drained")
            }
        services[name] = service(**fields)
    return release(services)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[ReleaseFacts, ReleaseFacts]:
    """Two releases, the older first."""
    older = draw(releases())
    return older, draw(releases(older))
