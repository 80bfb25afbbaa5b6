"""The stores: registry and audit in PostgreSQL, objects in S3, vectors behind Qdrant's REST interface, queues in Redis."""

import json
import os
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import boto3
import psycopg2
import psycopg2.errors
import redis
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from docpipe.asking import SECONDS, ask
from docpipe.settings import DEFAULTS, TENANT_FILE, secret

HELD_SECONDS, AGAIN_AFTER_SECONDS = 25, 0.3
"""How long work waits for a store that is away, which is longer than an update takes to make one anew."""
_AWAY = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    redis.ConnectionError,
    HTTPClientError,
    urllib.error.URLError,
    ConnectionError,
)
_ANSWERED = (psycopg2.errors.QueryCanceled, urllib.error.HTTPError)
Result = TypeVar("Result")


def held(work: Callable[[], Result]) -> Result:
    """What the work gives. While a store is away it is done again, from its beginning: a second time has to change nothing."""
    end = time.monotonic() + HELD_SECONDS
    while True:
        try:
            return work()
        except _AWAY as error:
            if isinstance(error, _ANSWERED) or time.monotonic() > end:
                raise
        time.sleep(AGAIN_AFTER_SECONDS)


def transaction(work: Callable[[Any], Result]) -> Result:
    """What the work gives with a cursor, in one transaction; a database that is away is waited for."""

    def once() -> Result:
        with database() as cursor:
            return work(cursor)

    return held(once)


@contextmanager
def database() -> Iterator[Any]:
    """A cursor in one transaction."""
    host, _, port = os.environ["DOCPIPE_POSTGRES_HOST"].partition(":")
    options = f"-c statement_timeout={SECONDS * 1000}"
    connection = psycopg2.connect(
        host=host, port=port or 5432, user=os.environ["DOCPIPE_POSTGRES_USER"], dbname="docpipe",
        password=secret("postgres_app_password"), connect_timeout=SECONDS, options=options,
    )  # fmt: skip
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def tenants() -> dict[str, tuple[str, dict[str, Any]]]:
    """State and settings of each tenant in the registry; a host of one tenant registers it from its file."""
    return transaction(_tenants)


def _tenants(cursor: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    local = json.loads(TENANT_FILE.read_text()) if TENANT_FILE.exists() else None
    if local:
        row = [local["id"], local["title"], json.dumps(local["settings"])]
        cursor.execute(
            "INSERT INTO tenants (id, title, state, settings) VALUES (%s, %s, 'ACTIVE', %s) ON CONFLICT DO NOTHING",
            row,
        )
    cursor.execute("SELECT id, state, settings FROM tenants")
    return {id: (state, {**DEFAULTS, **own}) for id, state, own in cursor.fetchall()}


def record(tenant: str, actor: str, action: str, subject: str, detail: dict[str, Any]) -> bool:
    """Write an audit event once, however often the work is done; whether this call wrote it."""
    return transaction(lambda cursor: record_in(cursor, tenant, actor, action, subject, detail))


def record_in(cursor: Any, tenant: str, actor: str, action: str, subject: str, detail: dict[str, Any]) -> bool:
    """The same, in a transaction that does something else too."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [subject])
    cursor.execute(
        "INSERT INTO audit_events (tenant, actor, action, subject, detail) SELECT %s, %s, %s, %s, %s WHERE NOT EXISTS"
        " (SELECT 1 FROM audit_events WHERE tenant = %s AND action = %s AND subject = %s)",
        [tenant, actor, action, subject, json.dumps(detail), tenant, action, subject],
    )
    return bool(cursor.rowcount)


def events(tenant: str, subject: str) -> list[tuple[str, dict[str, Any]]]:
    """The audit events of a document, in their order."""

    def read(cursor: Any) -> list[tuple[str, dict[str, Any]]]:
        cursor.execute(
            "SELECT action, detail FROM audit_events WHERE tenant = %s AND subject = %s ORDER BY id", [tenant, subject]
        )
        return list(cursor.fetchall())

    return transaction(read)


def objects() -> Any:
    """A client of the object store."""
    patient = Config(
        connect_timeout=SECONDS, read_timeout=30, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}
    )
    return boto3.client(
        "s3", endpoint_url=os.environ["DOCPIPE_MINIO_ENDPOINT"], region_name="us-east-1", config=patient,
        aws_access_key_id=secret("minio_access_key"), aws_secret_access_key=secret("minio_secret_key"),
    )  # fmt: skip


def bucket(client: Any, tenant: str) -> str:
    """The tenant's bucket, which is made where it is not there yet."""
    name = f"tenant-{tenant}"
    try:
        client.head_bucket(Bucket=name)
    except ClientError:
        # two first documents may come at once
        with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
            client.create_bucket(Bucket=name)
    return name


def stored(tenant: str, key: str) -> bytes:
    """An object of the tenant."""

    def read() -> bytes:
        client = objects()
        content: bytes = client.get_object(Bucket=bucket(client, tenant), Key=key)["Body"].read()
        return content

    return held(read)


def store(tenant: str, key: str, content: bytes) -> None:
    """Write an object of the tenant."""

    def write() -> None:
        client = objects()
        client.put_object(Bucket=bucket(client, tenant), Key=key, Body=content)

    held(write)


def queues() -> Any:
    """A client of Redis, which also counts requests."""
    return redis.Redis.from_url(
        os.environ["DOCPIPE_REDIS_URL"],
        password=secret("redis_password"),
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
    )


def ask_vectors(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the vector store once. Raises urllib.error.HTTPError, OSError."""
    return ask(f"{os.environ['DOCPIPE_QDRANT_URL']}{path}", method, body, {"api-key": secret("qdrant_api_key")})


def vectors(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the vector store, and wait for it where it is away. Raises urllib.error.HTTPError."""
    return held(lambda: ask_vectors(method, path, body))
