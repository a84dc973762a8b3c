#!/bin/sh
# Grafana makes its administrator where its database holds no user yet, and takes `admin` for a password where it is given none. Afterwards
# the password stands in the database, and what is given here changes nothing.
set -eu

data=${GF_PATHS_DATA:-/var/lib/grafana}
password=${GRAFANA_ADMIN_PASSWORD:-}
refused=''
if [ -z "$password" ]; then
    refused='the first start needs GRAFANA_ADMIN_PASSWORD, the password of the user admin'
elif [ "$password" = admin ] || [ "${#password}" -lt 12 ]; then
    refused='GRAFANA_ADMIN_PASSWORD is refused: give 12 characters or more that nobody guesses'
fi
if [ -n "$refused" ]; then
    if [ ! -s "$data/grafana.db" ]; then
        echo "grafana: $refused" >&2
        exit 1
    fi
    # A first start that was killed leaves a file without a user: then Grafana makes the administrator now, with a password that nobody knows.
    password=$(head -c 32 /dev/urandom | base64 | tr -d '\n')
fi
export GF_SECURITY_ADMIN_PASSWORD="$password"
unset GRAFANA_ADMIN_PASSWORD
exec "${GRAFANA_RUN:-/run.sh}" "$@"
