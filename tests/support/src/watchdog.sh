# Runs one PostgreSQL in the folder $2 with the programs in $1, and takes both away again.
#
# Nothing is told when to stop: stdin is a pipe whose other end only the test process holds, so that its end is read
# when that process is gone, however it went.
bin=$1
folder=$2
cd "$folder" || exit 1

if "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync </dev/null >log 2>&1; then
    # A test database need not survive a crash of the machine, and nobody reaches it but through the socket in $folder. With $3 "on"
    # it writes as one that must, for whoever measures.
    "$bin/postgres" -D data -k "$folder" -p 5432 -c listen_addresses= -c max_connections=400 -c shared_buffers=32MB \
        -c "fsync=$3" -c "synchronous_commit=$3" -c "full_page_writes=$3" -c autovacuum=off </dev/null >>log 2>&1 &
    server=$!
    cat >/dev/null
    # TERM ends a server that is still starting; INT one that would wait for its clients.
    kill -TERM "$server" 2>/dev/null
    kill -INT "$server" 2>/dev/null
    wait "$server"
else
    : >failed
    cat >/dev/null
fi
cd / && rm -rf "$folder"
