#!/bin/sh
# Run once, by the image, when the cluster is new. Each part has a role of its own that owns its databases and nothing else: row
# security holds for no superuser.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set vextrus="$(cat /run/secrets/vextrus_db_password)" --set temporal="$(cat /run/secrets/temporal_db_password)" <<'SQL'
CREATE ROLE vextrus LOGIN PASSWORD :'vextrus';
CREATE DATABASE vextrus OWNER vextrus;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE vextrus, temporal, temporal_visibility FROM PUBLIC;
SQL
