#!/bin/sh
# Grafana makes its administrator at its first start, and takes `admin` for a password where it is given none. Afterwards the password
# stands in its database, and what is given here changes nothing.
set -eu

data=${GF_PATHS_DATA:-/var/lib/grafana}
if [ ! -s "$data/grafana.db" ]; then
    password=${GRAFANA_ADMIN_PASSWORD:-}
    if [ -z "$password" ]; then
        echo "grafana: the first start needs GRAFANA_ADMIN_PASSWORD, the password of the user admin" >&2
        exit 1
    fi
    if [ "$password" = admin ] || [ "${#password}" -lt 12 ]; then
        echo "grafana: GRAFANA_ADMIN_PASSWORD is refused: give 12 characters or more that nobody guesses" >&2
        exit 1
    fi
    export GF_SECURITY_ADMIN_PASSWORD="$password"
fi
unset GRAFANA_ADMIN_PASSWORD
exec "${GRAFANA_RUN:-/run.sh}" "$@"
