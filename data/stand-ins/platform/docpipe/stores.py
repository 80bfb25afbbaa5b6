"""The stores: registry and audit in PostgreSQL, objects in S3, vectors behind Qdrant's REST interface, queues in Redis."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import boto3
import psycopg2
import redis
from botocore.config import Config
from botocore.exceptions import ClientError

from docpipe.asking import SECONDS, ask
from docpipe.settings import DEFAULTS, TENANT_FILE, secret


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
    local = json.loads(TENANT_FILE.read_text()) if TENANT_FILE.exists() else None
    with database() as cursor:
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
    with database() as cursor:
        return record_in(cursor, tenant, actor, action, subject, detail)


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
    with database() as cursor:
        cursor.execute(
            "SELECT action, detail FROM audit_events WHERE tenant = %s AND subject = %s ORDER BY id", [tenant, subject]
        )
        return list(cursor.fetchall())


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
    client = objects()
    content: bytes = client.get_object(Bucket=bucket(client, tenant), Key=key)["Body"].read()
    return content


def store(tenant: str, key: str, content: bytes) -> None:
    """Write an object of the tenant."""
    client = objects()
    client.put_object(Bucket=bucket(client, tenant), Key=key, Body=content)


def queues() -> Any:
    """A client of Redis, which also counts requests."""
    return redis.Redis.from_url(
        os.environ["DOCPIPE_REDIS_URL"],
        password=secret("redis_password"),
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
    )


def vectors(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the vector store. Raises urllib.error.HTTPError."""
    return ask(f"{os.environ['DOCPIPE_QDRANT_URL']}{path}", method, body, {"api-key": secret("qdrant_api_key")})
