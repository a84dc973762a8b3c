#!/bin/sh
# Makes the secrets of deploy/compose/compose.yaml, each in a file of the folder `secrets`. What is there already is kept.
#
#   ./prepare.sh --issuer URL --jwks FILE [--audience NAME]        people log in at URL, whose public keys are in FILE
#   ./prepare.sh --issuer URL --jwks-url https://… [--audience NAME]
#   ./prepare.sh --trial                                           an issuer of your own: ./trial.sh makes its tokens
#   ./prepare.sh … --minio                                         also the accounts of the profile `minio`
#
# The folder can be entered by its owner alone. The files in it can be read by everybody: Compose mounts them as they are, and in a
# container they are read by another number than yours. VEXTRUS_SECRETS names another folder, for Compose too.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
secrets=${VEXTRUS_SECRETS:-$here/secrets}
issuer='' jwks='' jwks_url='' audience=vextrus trial='' minio=''

fail() { echo "prepare.sh: $1" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
    --issuer | --jwks | --jwks-url | --audience)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case $1 in
        --issuer) issuer=$2 ;;
        --jwks) jwks=$2 ;;
        --jwks-url) jwks_url=$2 ;;
        --audience) audience=$2 ;;
        esac
        shift
        ;;
    --trial) trial=1 ;;
    --minio) minio=1 ;;
    *) fail "unknown option $1; the first lines of this file say what there is" ;;
    esac
    shift
done

command -v openssl >/dev/null || fail "openssl is not here; install it (Debian: apt install openssl)"
if [ -n "$trial" ]; then
    [ -z "$issuer$jwks$jwks_url" ] || fail "--trial makes an issuer of its own; name no other"
    issuer=vextrus-trial
elif [ ! -f "$secrets/vextrus.toml" ]; then
    [ -n "$issuer" ] || fail "say who issues tokens: --issuer URL with --jwks FILE or --jwks-url URL; or --trial"
    [ -n "$jwks$jwks_url" ] || fail "say where the issuer's public keys are: --jwks FILE or --jwks-url URL"
    [ -z "$jwks" ] || [ -z "$jwks_url" ] || fail "give --jwks or --jwks-url, not both"
    [ -z "$jwks" ] || [ -f "$jwks" ] || fail "$jwks is no file"
fi

umask 077
mkdir -p "$secrets"
chmod 700 "$secrets"

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
random() { openssl rand -hex 24; }
# Writes what it is given, unless the file holds something. The name appears once all of it is written.
keep() {
    content=$(cat)
    [ -s "$secrets/$1" ] && return
    # A password is the whole file; what has lines ends with one.
    case $1 in *.toml | *.env) end='\n' ;; *) end='' ;; esac
    printf "%s$end" "$content" > "$secrets/.$1"
    chmod 444 "$secrets/.$1"
    mv "$secrets/.$1" "$secrets/$1"
    echo "made $secrets/$1" >&2
}
# An Ed25519 key, as the programs want it: the seed alone. It stands at the end of PKCS #8.
signing_key() {
    [ -e "$secrets/$1" ] || openssl genpkey -algorithm ed25519 -outform DER | tail -c 32 | base64url | keep "$1"
}
# What belongs to a seed, put behind the head that PKCS #8 gives to every Ed25519 key.
public_key() {
    {
        printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'
        { tr '_-' '/+' < "$secrets/$1" && printf '='; } | openssl base64 -d -A
    } | openssl pkey -inform DER -pubout -outform DER | tail -c 32 | base64url
}

random | keep postgres_password
random | keep vextrus_db_password
random | keep temporal_db_password
signing_key signing.key
signing_key audit.key
[ -e "$secrets/codec.keys" ] || printf '%s=%s' "$(date +%Y-%m)" "$(openssl rand 32 | base64url)" | keep codec.keys

if [ -n "$trial" ]; then
    [ -e "$secrets/issuer.pem" ] || openssl genpkey -algorithm ed25519 | keep issuer.pem
    # Only trial.sh reads it, as you.
    chmod 400 "$secrets/issuer.pem"
    x=$(openssl pkey -in "$secrets/issuer.pem" -pubout -outform DER | tail -c 32 | base64url)
    printf '{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"trial","x":"%s"}]}' "$x" | keep jwks.json
elif [ -n "$jwks" ]; then
    keep jwks.json < "$jwks"
else
    # The file is mounted in any case.
    printf '{"keys":[]}' | keep jwks.json
fi

if [ ! -e "$secrets/vextrus.toml" ]; then
    if [ -n "$jwks_url" ]; then keys="jwks_url = \"$jwks_url\""; else keys='jwks_file = "/run/secrets/jwks"'; fi
    keep vextrus.toml <<END
# The settings of worker, facade and command line that are yours: \`vextrus config print --defaults\` shows all there are. What follows
# from the containers (where to listen, where secrets are mounted) stands in compose.yaml and counts more than what is said here.
[ledger]
address = "postgres://vextrus:$(cat "$secrets/vextrus_db_password")@vextrus-postgres/vextrus"

[signing]
accepted_keys = "$(public_key signing.key)"

[audit]
accepted_keys = "$(public_key audit.key)"

[auth]
issuer = "$issuer"
audience = "$audience"
$keys
END
fi

chmod 644 "$secrets/vextrus.toml"

if [ -n "$minio" ]; then
    random | keep minio_root_password
    keep s3.env <<END
AWS_ENDPOINT=http://vextrus-minio:9000
AWS_ALLOW_HTTP=true
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=vextrus
AWS_SECRET_ACCESS_KEY=$(random)
END
fi
# What Compose mounts must be there, used or not.
for name in minio_root_password s3.env; do
    [ -e "$secrets/$name" ] || : > "$secrets/$name"
    chmod 644 "$secrets/$name"
done
