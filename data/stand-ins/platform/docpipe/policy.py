"""Policy: no text gets past the three gates unseen."""

from typing import Any

from docpipe import stores
from docpipe.gates import judge
from docpipe.worker import RETRIED, send, worker

app = worker("policy")


@app.task(name="docpipe.policy", **RETRIED)
def policy(tenant: str, document: str, found: dict[str, Any]) -> None:
    """Judge a document; a quarantined one goes no further."""
    settings = stores.tenants()[tenant][1]
    # passages are cut without regard to sense: personal data may stand across a cut
    whole = judge("\n".join(found["passages"]), settings)
    detail = {
        "personal": whole.personal,
        "classification": whole.classification,
        "review": whole.review,
        "injection": whole.injection,
        "flagged": whole.flagged,
    }
    if whole.quarantined:
        stores.record(tenant, "policy", "QUARANTINED", document, detail)
        return
    found["passages"] = whole.text.split("\n")
    stores.record(tenant, "policy", "GATES_PASSED", document, detail)
    send(app, tenant, "embedding", document, found)
