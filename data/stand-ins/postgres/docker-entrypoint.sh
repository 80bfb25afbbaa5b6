#!/bin/sh
# An empty data folder becomes a cluster with POSTGRES_USER, POSTGRES_DB and the password of POSTGRES_PASSWORD_FILE.
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    # as the image does: without arguments of the spec, whoever asks from within is trusted
    initdb --username="${POSTGRES_USER:-postgres}" --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 ${POSTGRES_INITDB_ARGS:-} >&2
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
        echo "CREATE DATABASE \"$POSTGRES_DB\";" | postgres --single -D "$PGDATA" postgres >&2
    fi
fi
exec "$@"
