#!/bin/sh
# Makes the namespace, or brings its retention to what we say (temporal/src/namespace.rs). It may be run again. The server and the
# namespace are those that TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name.
set -eu

retention=30d
tries=30
until temporal operator cluster health >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "namespace.sh: $TEMPORAL_ADDRESS does not answer" >&2; exit 1; }
    sleep 2
done

description='Purchase orders, vendor invoices, and employees who come and go'
if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$retention"
else
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$retention" --description "$description"
fi
# A new one reaches all parts of the server within some seconds.
until temporal workflow count >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "namespace.sh: $TEMPORAL_NAMESPACE cannot be used" >&2; exit 1; }
    sleep 2
done
echo "namespace $TEMPORAL_NAMESPACE keeps what has ended for $retention"
