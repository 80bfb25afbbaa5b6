"""Protection: the same call for each kind that has it."""

from tests.fake_hcloud.errors import invalid
from tests.fake_hcloud.kinds import KINDS, Kind
from tests.fake_hcloud.routes import Answer, Request, acted, on


def _register(kind: Kind) -> None:
    @on(
        "POST",
        f"/{kind.plural}/{{{kind.plural}}}/actions/change_protection",
        needs=dict.fromkeys(kind.protection, bool),
    )
    def change_protection(request: Request) -> Answer:
        it, asked = request.target, request.body
        if len(set(asked.values())) > 1:
            raise invalid("rebuild", "delete and rebuild must have the same value")
        return acted(
            request.project.act("change_protection", {kind.plural: it}, lambda: it["protection"].update(asked))
        )


for _kind in KINDS.values():
    if _kind.protection:
        _register(_kind)
