# Runs the server ("$@") until it ends, or until our standard input does: its other end belongs to the process that
# started us, and closes whichever way that process ends. Then the server is asked to stop, and after $GRACE tenths of
# a second killed; with 0 it is killed at once.
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
trap 'kill -TERM "$server" 2>/dev/null' TERM INT HUP
(
    read -r _ <&3
    [ "$GRACE" -gt 0 ] && kill -TERM "$server" 2>/dev/null
    while [ "$GRACE" -gt 0 ] && kill -0 "$server" 2>/dev/null; do
        sleep 0.1
        GRACE=$((GRACE - 1))
    done
    kill -KILL "$server" 2>/dev/null
) &
watch=$!
exec 3<&-
while :; do
    wait "$server"
    code=$?
    # A signal to us ends the wait, not the server.
    kill -0 "$server" 2>/dev/null || break
done
kill "$watch" 2>/dev/null
exit "$code"
