#!/usr/bin/env bash
# The relay's memory with a hundred agents, each a real one in a restaurant of its own that prints into a file:
#   tests/bench/hundred.sh PRINTRAIL-RELAY PRINTRAIL-AGENT [AGENTS]
set -euo pipefail
relay=$(realpath "$1") agent=$(realpath "$2") agents=${3:-100}
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
within() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || { echo "not within time: $*"; tail -n 5 "$work"/*.log "$work"/bistro-1/run.log; exit 1; }
        sleep 2
    done
}
"$relay" init --data "$work/relay" --outlet chain 2>/dev/null
"$relay" serve --data "$work/relay" --listen 127.0.0.1:0 >"$work/out" 2>"$work/relay.log" &
serving=$!
pids+=($serving)
within 60 grep -q '^listening on' "$work/out"
url=$(sed -n 's/^listening on //p' "$work/out")
memory() { awk '/^(VmRSS|RssAnon)/ { printf "%s %.1f MB  ", $1, $2 / 1000 }' "/proc/$serving/status"; }
echo "alone:              $(memory)"

names=$(seq -f 'bistro-%g' "$agents")
ask() { "$relay" "$@" --data "$work/relay" 2>>"$work/asked.log" || { cat "$work/asked.log" >&2; return 1; }; }
pair() { "$agent" pair "$2" --relay "$url" --data "$work/$1" 2>>"$work/pair.log"; }
for name in $names; do
    mkdir "$work/$name"
    printf '[[station]]\nname = "kitchen"\nprinter = "p"\n[[printer]]\nname = "p"\naddress = "file:%s"\nprofile = "generic-80"\n' \
        "$work/$name/paper" >"$work/$name/agent.toml"
    : >"$work/$name/paper"
    ask outlets add "$name" >/dev/null
    ask token create --outlet "$name" --role pos >"$work/$name/pos"
    code=$(ask enrol --outlet "$name" --station kitchen)
    # An address may pair twenty times a minute: five minutes for a hundred.
    within 120 pair "$name" "$code"
    "$agent" run --data "$work/$name" >"$work/$name/run.log" 2>&1 &
    pids+=($!)
done
connected() { [ "$(cat "$work"/bistro-*/run.log | grep -c 'INFO connected to')" -ge "$agents" ]; }
within 120 connected
echo "$agents agents:         $(memory)"
kill "$serving"
wait "$serving" || true
"$relay" serve --data "$work/relay" --listen "${url#http://}" >"$work/out" 2>"$work/relay.log" &
serving=$!
pids+=($serving)
back() { [ "$(cat "$work"/bistro-*/run.log | grep -c 'INFO connected to')" -ge $((2 * agents)) ]; }
within 60 grep -q '^listening on' "$work/out"
within 180 back
echo "started again:      $(memory)"

for round in 1 2 3; do
    for name in $names; do
        curl -sSf -o /dev/null "$url/api/orders" -H "Authorization: Bearer $(cat "$work/$name/pos")" -H 'Content-Type: application/json' \
            -d "{\"items\":[{\"name\":\"Dish-$round\",\"quantity\":1,\"unitPrice\":3,\"workstation\":\"kitchen\"}],\"paymentMethod\":\"cash\"}"
    done
done
printed() { [ "$(grep -la 'Dish-3' "$work"/bistro-*/paper | wc -l)" = "$agents" ]; }
within 120 printed
echo "and $((3 * agents)) tickets: $(memory)"
