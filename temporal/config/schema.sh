#!/bin/sh
# Brings Temporal's two databases to the version of these tools, which must be the server's. It may be run again, and must be before
# a newer server starts. The databases are there already (postgres-roles.sh).
set -eu

SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
export SQL_PASSWORD
schema=/etc/temporal/schema/postgresql/v12
for database in temporal visibility; do
    name=temporal
    if [ "$database" = visibility ]; then name=temporal_visibility; fi
    temporal-sql-tool --plugin postgres12 --database "$name" setup-schema --version 0.0
    temporal-sql-tool --plugin postgres12 --database "$name" update-schema --schema-dir "$schema/$database/versioned"
done
