#!/bin/sh
# Prints a bearer token of the issuer that `prepare.sh --trial` made:
#
#   ./trial.sh PERSON [TENANT] [HOURS] > rahim.jwt
#
# Whoever can read secrets/issuer.pem can be anybody: for trying out, never where real documents are.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
secrets=${VEXTRUS_SECRETS:-$here/secrets}
[ $# -ge 1 ] && [ $# -le 3 ] || { echo "usage: trial.sh PERSON [TENANT] [HOURS]" >&2; exit 2; }
person=$1 tenant=${2:-acme-bd} hours=${3:-12}
for id in "$person" "$tenant"; do
    case $id in '' | *[!a-z0-9-]*) echo "trial.sh: \`$id\` is no id: small letters, digits and -" >&2; exit 2 ;; esac
done
case $hours in '' | *[!0-9]*) echo "trial.sh: $hours is no number of hours" >&2; exit 2 ;; esac
[ -r "$secrets/issuer.pem" ] || { echo "trial.sh: no $secrets/issuer.pem; run ./prepare.sh --trial" >&2; exit 1; }

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
setting() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$secrets/vextrus.toml"; }

now=$(date +%s)
head=$(printf '{"alg":"EdDSA","typ":"JWT","kid":"trial"}' | base64url)
claims=$(printf '{"iss":"%s","aud":"%s","sub":"%s","tenant":"%s","iat":%d,"nbf":%d,"exp":%d}' \
    "$(setting issuer)" "$(setting audience)" "$person" "$tenant" "$now" "$now" $((now + hours * 3600)) | base64url)
# openssl signs what stands in a file only, since Ed25519 reads it twice.
signed=$(mktemp)
trap 'rm -f "$signed"' EXIT
printf '%s.%s' "$head" "$claims" > "$signed"
signature=$(openssl pkeyutl -sign -rawin -inkey "$secrets/issuer.pem" -in "$signed" | base64url)
echo "$head.$claims.$signature"
