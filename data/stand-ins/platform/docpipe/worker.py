"""What the workers share: Celery on the tenants' queues, and a page that says whether all that it needs answers."""

import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from kombu import Queue

from docpipe import health, stores
from docpipe.settings import contract, secret

REDELIVERED_AFTER_S = 60
"""A task whose worker was killed comes back; it has to be longer than the longest task."""
RETRIED = {"autoretry_for": (Exception,), "retry_backoff": True, "retry_backoff_max": 30, "max_retries": 100}
"""How a task meets a store that is away: it waits, ever longer, and is not lost."""
_REGISTRY_EVERY_S = 2


def queue_of(tenant: str, stage: str) -> str:
    """The tenant's list in Redis for a stage."""
    return f"tenant:{tenant}:queue:{stage}"


def celery() -> Celery:
    """An application with the settings that lose no task: one at a time, acknowledged when done."""
    scheme, _, address = os.environ["DOCPIPE_REDIS_URL"].partition("://")
    app = Celery("docpipe", broker=f"{scheme}://:{secret('redis_password')}@{address}/0")
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        broker_transport_options={"visibility_timeout": REDELIVERED_AFTER_S, "socket_timeout": 30},
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
        task_ignore_result=True,
        # a request holds for as long as it waits for a store
        task_publish_retry_policy={"max_retries": 50, "interval_start": 0.3, "interval_step": 0, "interval_max": 0.5},
    )
    return app


def send(app: Celery, tenant: str, stage: str, document: str, found: dict[str, Any] | None = None) -> None:
    """Put a document into a queue of its tenant, with its canonical form once it has one: policy sees no object store."""
    app.send_task(f"docpipe.{stage}", [tenant, document, found], queue=queue_of(tenant, stage))


def worker(stage: str) -> Celery:
    """The application of one stage's worker. It takes from the queues of active tenants; those of others freeze."""
    app = celery()
    app.conf.task_queues = [Queue(f"stage:{stage}")]

    @worker_ready.connect(weak=False)
    def begin(sender: Any, **_: Any) -> None:
        threading.Thread(target=_follow_registry, args=(sender, stage), daemon=True).start()
        threading.Thread(target=_serve, daemon=True).start()

    return app


def _follow_registry(consumer: Any, stage: str) -> None:
    taken: set[str] = set()
    while True:
        try:
            active = {tenant for tenant, (state, _) in stores.tenants().items() if state == "ACTIVE"}
        except Exception as error:
            print(f"registry: {error}", flush=True)
            active = taken
        for tenant in active - taken:
            consumer.call_soon(consumer.add_task_queue, queue_of(tenant, stage))
        for tenant in taken - active:
            consumer.call_soon(consumer.cancel_task_queue, queue_of(tenant, stage))
        taken = active
        time.sleep(_REGISTRY_EVERY_S)


def _serve() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = health.answer()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Health checks would fill the log."""

    (port,) = contract(socket.gethostname())["ports"]
    ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
