# Runs one PostgreSQL in the folder $2 with the programs in $1, and takes both away again. With $4, a folder in which another one runs,
# it is a streaming replica of that one.
#
# Nothing is told when to stop: stdin is a pipe whose other end only the test process holds, so that its end is read
# when that process is gone, however it went.
bin=$1
folder=$2
durable=$3
primary=$4
cd "$folder" || exit 1

# A server that a test has killed, and has said so by a file `crashed`, comes up again. Its own processes may hold its memory for a
# moment, and then it does not start yet.
serve() {
    while :; do
        # A test database need not survive a crash of the machine, and nobody reaches it but through the socket in $folder. With $3 "on"
        # it writes as one that must, for whoever measures, and for whoever kills it.
        "$bin/postgres" -D data -k "$folder" -p 5432 -c listen_addresses= -c max_connections=400 -c shared_buffers=32MB \
            -c "fsync=$durable" -c "synchronous_commit=$durable" -c "full_page_writes=$durable" -c autovacuum=off </dev/null >>log 2>&1 &
        echo $! >server
        wait $!
        [ -e crashed ] && [ ! -e stopping ] || return
        sleep 0.1
    done
}

prepare() {
    if [ -n "$primary" ]; then
        "$bin/pg_basebackup" -D data -h "$primary" -p 5432 -U postgres --write-recovery-conf --checkpoint=fast --no-sync
    else
        "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync
    fi
}

if prepare </dev/null >log 2>&1; then
    serve &
    cat >/dev/null
    : >stopping
    # TERM ends a server that is still starting; INT one that would wait for its clients.
    kill -TERM "$(cat server)" 2>/dev/null
    kill -INT "$(cat server)" 2>/dev/null
    wait
else
    : >failed
    cat >/dev/null
fi
cd / && rm -rf "$folder"
