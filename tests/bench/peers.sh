#!/usr/bin/env bash
# The relay against Node's socket.io, in one run on one machine: one core for the server, one for the load.
#
#   tests/bench/peers.sh BENCH_DIR [RESULTS_DIR]        prints the table for docs/benchmarks.md
#
# BENCH_DIR holds the load generator (loadgen/, a crate) and the peers (servers-node/, with package.json). Builds go to
# ${BENCH_TARGET:-/tmp/printrail-bench}; nothing is written beside the sources. Needs Rust, node and npm; with PostgreSQL's
# server programs (initdb, postgres) Node is measured with PostgreSQL too. About seven minutes once everything is built.
# REPS: runs of each cell, the best counts (default 2). SRV_CPU, LG_CPU: the cores. SECS: seconds of each run (default 5).
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
bench=$(cd "${1:?usage: peers.sh BENCH_DIR [RESULTS_DIR]}" && pwd)
work=${BENCH_TARGET:-/tmp/printrail-bench}
out=${2:-$work/results}
reps=${REPS:-2} secs=${SECS:-5}
server_core="taskset -c ${SRV_CPU:-0}" load_core="taskset -c ${LG_CPU:-1}"
port=${PORT:-7950}
relay=${RELAY:-$here/target/release/printrail-relay}
mkdir -p "$work" "$out"
rm -f "$out"/*.jsonl
data=$(mktemp -d)
pid=
postgres=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$postgres" ] || kill "$postgres" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT

build() {
    (cd "$bench/loadgen" && CARGO_TARGET_DIR="$work/target" cargo build --release --quiet)
    [ -n "${RELAY:-}" ] || (cd "$here" && cargo build --release --locked --quiet -p relay)
    mkdir -p "$work/node"
    cp "$bench"/servers-node/{package.json,socketio-server.js} "$work/node/"
    if ! [ -d "$work/node/node_modules/better-sqlite3" ]; then
        (cd "$work/node" && npm install --no-audit --no-fund --silent && npm install --no-audit --no-fund --silent better-sqlite3)
    fi
}

# A PostgreSQL of its own, on the same disk as the other stores. It is not held to the server's core, which favours Node.
start_postgres() {
    local programs
    programs=$(dirname "$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -1)" 2>/dev/null) || return 1
    [ -x "$programs/initdb" ] || return 1
    local as=()
    if [ "$(id -u)" = 0 ]; then
        as=(runuser -u postgres --)
        chmod 711 "$data"
        install -d -o postgres "$data/pg"
    fi
    "${as[@]}" "$programs/initdb" -D "$data/pg" -U bench -A trust >/dev/null 2>&1
    "${as[@]}" "$programs/postgres" -D "$data/pg" -p $((port + 1)) -k "$data/pg" -c listen_addresses=127.0.0.1 >/dev/null 2>&1 &
    postgres=$!
    for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/$((port + 1))) 2>/dev/null && break; sleep 0.1; done
    export PGURL="postgres://bench@127.0.0.1:$((port + 1))/postgres"
    sleep 1
}

node_server() { (cd "$work/node" && exec env "$@" $server_core node socketio-server.js "$port") >/dev/null 2>&1 & }

# start PEER: sets `pid` and how the load generator talks to it.
start() {
    local peer=$1
    rm -rf "$data/relay" "$data"/o.db*
    connect=(--path /socket.io --dialect sio) post=(--post-path /orders)
    case $peer in
        node) node_server DURABLE= ;;
        node-postgresql) node_server DURABLE=pg ;;
        node-sqlite) node_server DURABLE=sqlite SQLITE="$data/o.db" ;;
        relay | relay-plain)
            RUST_LOG=warn $server_core "$relay" serve --data "$data/relay" --listen "127.0.0.1:$port" --insecure-no-auth >/dev/null 2>&1 &
            post=(--post-path '/api/orders?outlet={outlet}')
            [ "$peer" = relay ] || connect=(--path '/ws/restaurant-pos/{outlet}' --dialect path)
            ;;
    esac
    pid=$!
    for _ in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/"$port") 2>/dev/null && break; sleep 0.1; done
    sleep 0.5
}

stop() { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; pid=; sleep 0.3; }

# measure PEER LABEL FLAGS…: one run against a fresh server.
measure() {
    local peer=$1 label=$2
    shift 2
    start "$peer"
    timeout 120 $load_core "$work/target/release/relaybench" --url "127.0.0.1:$port" --server-pid "$pid" --label "$label" --settle 2 \
        "${connect[@]}" "${post[@]}" "$@" >>"$out/$peer.jsonl" || echo "$peer $label failed" >&2
    stop
}

build
peers=(node node-sqlite relay relay-plain)
if start_postgres; then peers=(node node-postgresql node-sqlite relay relay-plain); else echo "no PostgreSQL here: left out" >&2; fi
for _ in $(seq "$reps"); do
    for peer in "${peers[@]}"; do measure "$peer" rate200 --clients 2000 --rate 200 --secs "$secs" --warmup 2; done
    for peer in "${peers[@]}"; do measure "$peer" max --clients 2000 --rate 0 --concurrency 64 --secs "$secs"; done
done
for clients in 2000 10000; do
    for peer in node relay relay-plain; do measure "$peer" "idle$clients" --clients "$clients" --publish none --settle 5; done
done
python3 "$here/tests/bench/table.py" "$out"
