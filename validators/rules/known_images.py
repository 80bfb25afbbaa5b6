"""What public images are known to do by themselves: where they keep their data, and by which variables they are set up."""

from collections.abc import Mapping
from dataclasses import dataclass

from plumbline.spec.spec import Spec
from schema.service import Service


@dataclass(frozen=True)
class KnownImage:
    """A public image, as its manual describes it."""

    data: str = ""
    """Folder that it writes its data to; empty where it is told by a command or file."""
    moved_by: str = ""
    """Variable that names another folder."""
    password: frozenset[str] = frozenset()
    """Variables of which it needs one to begin with an empty folder."""
    files: frozenset[str] = frozenset()
    """Variables that hold the path of a secret's file."""
    user: str = ""
    """Variable with the name of the role that it makes."""
    database: str = ""
    """Variable with the name of the database that it makes; absent: that of the user."""
    schemes: frozenset[str] = frozenset()
    """Schemes of the URLs by which clients reach it."""


_POSTGRES = KnownImage(
    data="/var/lib/postgresql",
    moved_by="PGDATA",
    password=frozenset({"POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD"}),
    files=frozenset({"POSTGRES_PASSWORD_FILE", "POSTGRES_USER_FILE", "POSTGRES_DB_FILE", "POSTGRES_INITDB_ARGS_FILE"}),
    user="POSTGRES_USER",
    database="POSTGRES_DB",
    schemes=frozenset({"postgres", "postgresql"}),
)


_MYSQL = KnownImage(data="/var/lib/mysql", schemes=frozenset({"mysql", "mariadb"}))
_REDIS = KnownImage(data="/data", schemes=frozenset({"redis", "rediss"}))
KNOWN: Mapping[str, KnownImage] = {
    "elasticsearch": KnownImage(data="/usr/share/elasticsearch/data"),
    "grafana": KnownImage(data="/var/lib/grafana", moved_by="GF_PATHS_DATA"),
    "influxdb": KnownImage(data="/var/lib/influxdb"),
    "mariadb": _MYSQL,
    "minio": KnownImage(
        files=frozenset(
            {"MINIO_ROOT_USER_FILE", "MINIO_ROOT_PASSWORD_FILE", "MINIO_ACCESS_KEY_FILE", "MINIO_SECRET_KEY_FILE"}
        )
    ),
    "mongo": KnownImage(data="/data/db", schemes=frozenset({"mongodb", "mongodb+srv"})),
    "mysql": _MYSQL,
    "nats": KnownImage(schemes=frozenset({"nats"})),
    "postgres": _POSTGRES,
    "qdrant": KnownImage(data="/qdrant/storage", moved_by="QDRANT__STORAGE__STORAGE_PATH"),
    "rabbitmq": KnownImage(data="/var/lib/rabbitmq", schemes=frozenset({"amqp", "amqps"})),
    "redis": _REDIS,
    "valkey": _REDIS,
}
"""By the last part of the repository's name."""


def known_image(spec: Spec, service: Service) -> KnownImage | None:
    """What is known of a service's image."""
    image = spec.images.images.get(service.image)
    return KNOWN.get(image.repository.rpartition("/")[2]) if image else None
