"""Paths and variables of the shipped spec's services, held against what is mounted, given and listed."""

import pytest

from tests.rules.edited import edited

pytestmark = pytest.mark.slow

TRAEFIK, MIGRATE, SERVING = "services/traefik.yaml", "services/migrate.yaml", "services/serving.yaml"
GATEWAY, PLATFORM = "services/intake-gateway.yaml", "platform.yaml"
HOST = "{template: \"{{ host('postgres') }}\"}"

WRONG = {
    "a file in another folder": (TRAEFIK, "target: /etc/traefik/traefik.yml", "target: /etc/other/traefik.yml", "PLB114"),
    "a file of another name": (TRAEFIK, "target: /etc/traefik/traefik.yml", "target: /etc/traefik/static.yml", "PLB114"),
    "one command of two": (TRAEFIK, "[--configFile=/etc/traefik/traefik.yml]", "[--configFile=/etc/traefik/traefk.yml]", "PLB114"),
    "a word of its own": ("services/alloy.yaml", "target: /etc/alloy/config.alloy", "target: /etc/alloy/c.alloy", "PLB114"),
    "inside a script": ("services/redis.yaml", "target: /etc/redis/redis.conf", "target: /etc/redis.conf", "PLB114"),
    "a variable's file": (MIGRATE, "ALEMBIC_CONFIG: /migrations/alembic.ini", "ALEMBIC_CONFIG: /migrations/alembi.ini", "PLB114"),
    "the file of a variable": (MIGRATE, "target: /migrations/alembic.ini", "target: /migration/alembic.ini", "PLB114"),
    "a volume, by an option": ("services/prometheus.yaml", "{data: /prometheus}", "{data: /data}", "PLB134"),
    "a volume, by a file": ("services/redis.yaml", "volumes: {data: /data}", "volumes: {data: /redis}", "PLB134"),
    "a secret's file": ("services/redis.yaml", 'redis_password)" > /run', 'redis_pasword)" > /run', "PLB114"),
    "a variable mistyped in one service": (SERVING, "DOCPIPE_POSTGRES_HOST", "DOCPIPE_POSTGRE_HOST", "PLB118"),
    "a variable that one service alone sets": (GATEWAY, "DOCPIPE_SOPS_KEYS_PATH", "DOCPIPE_SOPS_KEY_PATH", "PLB118"),
    "the list mistyped": (PLATFORM, "DOCPIPE_MINIO_ENDPOINT:", "DOCPIPE_MINIO_ENDPONT:", "PLB118"),
    "the list has one more": (PLATFORM, "  DOCPIPE_MODE: The", "  DOCPIPE_WORKERS: Many.\n  DOCPIPE_MODE: The", "PLB118"),
    "the list has one less": (PLATFORM, "  DOCPIPE_MODE: The mode that a process runs in.\n", "", "PLB118"),
    "a variable for Compose": (SERVING, HOST, '"${DB_HOST:-postgres}"', "PLB119"),
    "a plain one for Compose": (SERVING, HOST, '"${DB_HOST}"', "PLB119"),
    "one without braces for Compose": (SERVING, HOST, '"$DB_HOST"', "PLB119"),
    "one for Compose in a word that no shell reads": (SERVING, "uvicorn, ", 'uvicorn, "--root-path=${ROOT:-/}", ', "PLB119"),
}  # fmt: skip

LEGAL = {
    "a file of the image": ("services/nomic-embed.yaml", "ports:", "command: [--config, /etc/own/own.toml]\nports:"),
    "a folder of the image": ("services/grafana.yaml", "environment:\n", "environment:\n  GF_PATHS_HOME: /usr/share/grafana\n"),
    "a file that is made at the start": ("services/redis.yaml", "exec redis-server", "printf x > /run/redis/own.conf; exec redis-server"),
    "a variable of the program": (SERVING, "environment:\n", "environment:\n  LOG_LEVEL: info\n"),
    "a dollar sign": (SERVING, "environment:\n", 'environment:\n  PRICE: "5$"\n'),
    "a variable of a shell": ("services/redis.yaml", "exec redis-server", "echo ${HOME:-/} $PATH; exec redis-server"),
    "a word of another format": (SERVING, "environment:\n", "environment:\n  LOG_FORMAT: $remote_addr $1 $$HOME\n"),
    "moved in both": (TRAEFIK, "/etc/traefik/routes/_common.yml", "/etc/traefik/routes/_all.yml"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_elsewhere_is_found_once_where_it_was_edited(name: str) -> None:
    file, old, new, rule = WRONG[name]
    found = edited(file, old, new)
    assert found.rules == [rule]
    assert found.is_near


@pytest.mark.parametrize("name", LEGAL)
def test_an_ordinary_path_or_variable_is_left_alone(name: str) -> None:
    assert edited(*LEGAL[name]).found == []
