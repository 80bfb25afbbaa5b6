"""The committed playbook on containers that play nodes: the promised order, a failure that stops and is put back, nothing done twice."""

from pathlib import Path

import pytest

from tests.fleet.nodes import HOME, STARTED, fleet, nodes_of

ACME = [("acme", "db"), ("acme", "worker"), ("acme", "gateway")]
GLOBEX = [("globex", "gateway")]


@pytest.mark.live
def test_a_release_comes_through_or_is_put_back(lab: dict[str, str], tmp_path: Path) -> None:
    with fleet(tmp_path, [*ACME, *GLOBEX]) as standing:
        first = standing.roll_out()
        assert first.code == 0, first.text
        assert nodes_of(standing.calls(STARTED)) == [*ACME, *GLOBEX]
        assert "TENANT=acme" in standing.inside("acme", "db", f"cat {HOME}/.env")
        assert "PRIVATE_ADDRESS=127.0.0.1" in standing.inside("acme", "db", f"cat {HOME}/.env")

        # a canary's worker does not become well with it: nobody else sees it, and the canary runs what it ran
        standing.forget_calls()
        standing.release("release two", "db", "worker", "gateway")
        standing.inside("acme", "worker", "echo 'release two' > /node/sick")
        second = standing.roll_out()
        assert second.code == 2 and "Stopped: not every node of this stage came through" in second.text, second.text
        assert nodes_of(standing.calls(STARTED)) == [ACME[0], ACME[1], ACME[0]]
        assert [call for tenant, _, call in standing.calls(" ") if tenant == "globex"] == ["compose version"]
        for tenant, role in [*ACME, *GLOBEX]:
            assert "release two" not in standing.compose_file(tenant, role)
            assert standing.inside(tenant, role, f"cd {HOME} && sha256sum --check --quiet rolled-out") == ""

        # the same release, mended
        standing.forget_calls()
        standing.inside("acme", "worker", "rm /node/sick")
        third = standing.roll_out()
        assert third.code == 0, third.text
        asked = [(role, call) for tenant, role, call in standing.calls(" ") if tenant == "acme"]
        last_pull = max(at for at, (_, call) in enumerate(asked) if " pull " in call)
        drained = next(at for at, (role, call) in enumerate(asked) if role == "worker" and " stop " in call)
        migrated = next(at for at, (_, call) in enumerate(asked) if " run " in call)
        assert last_pull < drained < migrated, asked
        assert nodes_of(standing.calls(STARTED)) == [*ACME, *GLOBEX]

        standing.forget_calls()
        fourth = standing.roll_out()
        assert (fourth.code, fourth.changed) == (0, 0), fourth.text
        assert {call for _, _, call in standing.calls(" ")} == {"compose version"}
