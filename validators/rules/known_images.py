"""What public images are known to do by themselves: where they keep their data, and by which variables they are set up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbline.spec.spec import Spec
from schema.service import Service


@dataclass(frozen=True)
class KnownImage:
    """A public image, as its manual describes it."""

    data: str = ""
    """Folder that it writes its data to; empty where it is told by a command or file."""
    settings: frozenset[str] = frozenset()
    """Variables, options and keys of its files that name a folder for data, without the dashes of an option."""
    password: frozenset[str] = frozenset()
    """Variables of which it needs one to begin with an empty folder."""
    files: frozenset[str] = frozenset()
    """Variables that hold the path of a secret's file."""
    file_ending: str = ""
    """What each variable that holds a path of a secret's file ends with, where any setting may come from a file."""
    user: str = ""
    """Variable with the name of the role that it makes."""
    database: str = ""
    """Variable with the name of the database that it makes; absent: that of the user."""
    scratch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Folders that it writes to besides, each with the settings that move it."""
    written: frozenset[str] = frozenset()
    """Keys of its files that name a file or folder that it writes, beside its data: a socket, a lock, a log."""
    declares: Mapping[str, int] = field(default_factory=dict)
    """Paths that it declares as volumes, each with the major version that no longer does."""
    schemes: frozenset[str] = frozenset()
    """Schemes of the URLs by which clients reach it."""


_POSTGRES = KnownImage(
    data="/var/lib/postgresql",
    settings=frozenset({"PGDATA", "data_directory"}),
    password=frozenset({"POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD"}),
    files=frozenset({"POSTGRES_PASSWORD_FILE", "POSTGRES_USER_FILE", "POSTGRES_DB_FILE", "POSTGRES_INITDB_ARGS_FILE"}),
    user="POSTGRES_USER",
    database="POSTGRES_DB",
    scratch={"/var/run/postgresql": ()},
    written=frozenset({"unix_socket_directories", "external_pid_file"}),
    declares={"/var/lib/postgresql/data": 18},
    schemes=frozenset({"postgres", "postgresql"}),
)


_MYSQL = KnownImage(
    data="/var/lib/mysql",
    settings=frozenset({"datadir"}),
    scratch={"/var/run/mysqld": ("socket",)},
    schemes=frozenset({"mysql", "mariadb"}),
)
_REDIS = KnownImage(
    data="/data",
    settings=frozenset({"dir"}),
    written=frozenset({"unixsocket", "pidfile", "logfile"}),
    schemes=frozenset({"redis", "rediss"}),
)
_LOKI = frozenset({"path_prefix", "chunks_directory", "rules_directory", "working_directory", "active_index_directory"})
KNOWN: Mapping[str, KnownImage] = {
    "alloy": KnownImage(settings=frozenset({"storage.path"})),
    "alertmanager": KnownImage(data="/alertmanager", settings=frozenset({"storage.path"})),
    "clamav": KnownImage(
        settings=frozenset({"DatabaseDirectory"}),
        written=frozenset({"LocalSocket", "PidFile", "LogFile", "UpdateLogFile", "TemporaryDirectory"}),
    ),
    "elasticsearch": KnownImage(data="/usr/share/elasticsearch/data", settings=frozenset({"path.data"})),
    "etcd": KnownImage(settings=frozenset({"data-dir", "ETCD_DATA_DIR"})),
    "grafana": KnownImage(data="/var/lib/grafana", settings=frozenset({"GF_PATHS_DATA"}), file_ending="__FILE"),
    "influxdb": KnownImage(data="/var/lib/influxdb"),
    "loki": KnownImage(settings=_LOKI | {"common.path-prefix"}),
    "mariadb": _MYSQL,
    "minio": KnownImage(
        files=frozenset(
            {"MINIO_ROOT_USER_FILE", "MINIO_ROOT_PASSWORD_FILE", "MINIO_ACCESS_KEY_FILE", "MINIO_SECRET_KEY_FILE"}
        )
    ),
    "mongo": KnownImage(
        data="/data/db", settings=frozenset({"dbpath", "dbPath"}), schemes=frozenset({"mongodb", "mongodb+srv"})
    ),
    "mysql": _MYSQL,
    "nats": KnownImage(settings=frozenset({"store_dir", "sd"}), schemes=frozenset({"nats"})),
    "postgres": _POSTGRES,
    "prometheus": KnownImage(data="/prometheus", settings=frozenset({"storage.tsdb.path"})),
    "qdrant": KnownImage(data="/qdrant/storage", settings=frozenset({"QDRANT__STORAGE__STORAGE_PATH", "storage_path"})),
    "rabbitmq": KnownImage(
        data="/var/lib/rabbitmq", settings=frozenset({"RABBITMQ_MNESIA_BASE"}), schemes=frozenset({"amqp", "amqps"})
    ),
    "redis": _REDIS,
    "registry": KnownImage(
        data="/var/lib/registry",
        settings=frozenset({"rootdirectory", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"}),
    ),
    "valkey": _REDIS,
    "victoria-metrics": KnownImage(settings=frozenset({"storageDataPath"})),
}
"""By the last part of the repository's name."""


def known_image(spec: Spec, service: Service) -> KnownImage | None:
    """What is known of a service's image."""
    image = spec.images.images.get(service.image)
    return KNOWN.get(image.repository.rpartition("/")[2]) if image else None
