#!/bin/bash
# An empty data folder becomes a cluster with POSTGRES_USER, POSTGRES_DB and the password of POSTGRES_PASSWORD_FILE, in the steps
# of the image: initdb, a server on the socket alone, the scripts of /docker-entrypoint-initdb.d, and the end of that server.
set -Eeo pipefail
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    export PGPASSWORD PGUSER=${POSTGRES_USER:-postgres}
    PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    # as the image does: without arguments of the spec, whoever asks from within is trusted
    initdb --username="$PGUSER" --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 ${POSTGRES_INITDB_ARGS:-} >&2
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -w -o "$(printf '%q ' "${@:2}" -c listen_addresses=)" start >&2
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
        psql -qX -v ON_ERROR_STOP=1 --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
    fi
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) psql -qX -v ON_ERROR_STOP=1 --dbname "${POSTGRES_DB:-postgres}" --file "$file" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -m fast -w stop >&2
    unset PGPASSWORD PGUSER
fi
exec "$@"
