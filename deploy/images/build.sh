#!/bin/sh
# Builds the three programs as the images hold them, and puts them into a folder:
#
#   deploy/images/build.sh FOLDER
#   deploy/images/build.sh --recipe FILE     only what they depend on, as `cargo chef prepare` has written it down
#
# They differ from `cargo build --release` in their features. The images must stay small, and all three hold Temporal's protocol with its
# JSON form: so the command line, where nothing waits for a nanosecond, is optimised for its size.
set -eu

# Features of the worker, separated by commas; none where it is set and empty.
: "${WORKER_FEATURES=kafka}"

if [ $# -eq 2 ] && [ "$1" = --recipe ]; then
    build() { cargo chef cook --release --locked --recipe-path "$recipe" "$@"; }
    recipe=$2
    folder=
elif [ $# -eq 1 ] && [ "${1#-}" = "$1" ]; then
    # With the list of their crates, which scanners read, where cargo-auditable is here.
    if cargo auditable --version >/dev/null 2>&1; then
        build() { cargo auditable build --release --locked "$@"; }
    else
        build() { cargo build --release --locked "$@"; }
    fi
    folder=$1
else
    echo "usage: build.sh FOLDER | --recipe FILE" >&2
    exit 2
fi

features=
for feature in $(echo "$WORKER_FEATURES" | tr ',' ' '); do
    features="${features:+$features,}vextrus-worker/$feature"
done
# The linking of one program takes some GB of memory; both at once are as much as a machine of CI has.
build -p vextrus-worker -p vextrus-facade ${features:+--features "$features"}
# Without the fleet that `vextrus dev` runs in one process.
CARGO_PROFILE_RELEASE_OPT_LEVEL="${CLI_OPT_LEVEL:-s}" build -p vextrus-starter-cli --no-default-features

if [ -n "$folder" ]; then
    mkdir -p "$folder"
    for program in vextrus-worker vextrus-facade vextrus; do
        cp "${CARGO_TARGET_DIR:-target}/release/$program" "$folder/"
    done
fi
