#!/bin/sh
# The roles of roles.sql, with their passwords, before anybody can connect: one password may have changed, and a cluster may be
# older than the roles. The image's own script reads this file for a new cluster; for one that is there, it is the entry point.
set -e

statements() {
    cat /etc/postgresql/roles.sql
    password "$POSTGRES_USER" /run/secrets/postgres_password
    password docpipe_owner /run/secrets/postgres_owner_password
    password docpipe_app /run/secrets/postgres_app_password
}

password() {
    printf "ALTER ROLE %s PASSWORD '%s';\n\n" "$1" "$(sed "s/'/''/g" "$2")"
}

case $0 in
    /etc/postgresql/start.sh) # the entry point
        if [ -s "$PGDATA/PG_VERSION" ]; then
            statements | postgres --single -j -D "$PGDATA" -c exit_on_error=on "$POSTGRES_DB" > /dev/null
        fi
        exec docker-entrypoint.sh "$@"
        ;;
    *) # a new cluster, which is served on its socket alone
        statements | psql -qX -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB"
        ;;
esac
