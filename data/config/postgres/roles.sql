-- The roles of the database, as they are to be; read at each start, so a cluster of an older release gets them too.
-- docpipe, the image's own, is a superuser and is used in this container alone. docpipe_owner changes the schema, docpipe_app works
-- with the rows, docpipe_export reads. A statement ends at an empty line, and holds none: PostgreSQL reads this without psql, too.
DO $$
DECLARE role name;
BEGIN
    FOREACH role IN ARRAY '{docpipe_owner,docpipe_app,docpipe_export}'::name[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I', role);
        END IF;
    END LOOP;
END $$;

ALTER ROLE docpipe_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

ALTER ROLE docpipe_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

ALTER ROLE docpipe_export NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

GRANT pg_read_all_data TO docpipe_export;

ALTER DATABASE docpipe OWNER TO docpipe_owner;

REVOKE ALL ON DATABASE docpipe FROM PUBLIC;

GRANT CONNECT ON DATABASE docpipe TO docpipe_app, docpipe_export;

-- what an older release, or a restore of its export, has made as docpipe
DO $$
DECLARE change text;
BEGIN
    FOR change IN
        SELECT format('ALTER %s %s OWNER TO docpipe_owner', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
                WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, oid::regclass)
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner = 10 AND relkind IN ('r', 'p', 'v', 'm', 'S')
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'e', 'i'))
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO docpipe_owner', oid::regprocedure)
            FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner = 10
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO docpipe_owner', oid::regtype)
            FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typowner = 10
                AND (typtype IN ('e', 'd', 'r') OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
                AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND classid = 'pg_type'::regclass AND deptype = 'e')
    LOOP
        EXECUTE change;
    END LOOP;
END $$;

