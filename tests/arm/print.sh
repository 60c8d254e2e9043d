#!/usr/bin/env bash
# An agent for arm64 in an emulated computer prints a ticket: tests/arm/print.sh AGENT FOLDER, with FOLDER/printrail-relay
# and FOLDER/printrail-virtual-printer for this computer.
set -euo pipefail
agent=$1
here=$2
work=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
within() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || { echo "arm: not within time: $*"; cat "$work"/*.log; exit 1; }
        sleep 0.3
    done
}
on_arm() { qemu-aarch64-static -L /usr/aarch64-linux-gnu "$agent" "$@" --data "$work/agent"; }

"$here/printrail-relay" init --data "$work/relay" --outlet bistro 2>"$work/init.log"
"$here/printrail-relay" serve --data "$work/relay" --listen 127.0.0.1:0 >"$work/relay.out" 2>"$work/relay.log" &
children+=($!)
within 60 grep -q '^listening on' "$work/relay.out"
url=$(sed -n 's/^listening on //p' "$work/relay.out")
mkdir "$work/paper" "$work/agent"
"$here/printrail-virtual-printer" --listen 127.0.0.1:0 --out "$work/paper" >"$work/printer.out" 2>"$work/printer.log" &
children+=($!)
within 60 grep -q '127.0.0.1:' "$work/printer.out"
printer=$(grep -oE '127\.0\.0\.1:[0-9]+' "$work/printer.out" | head -1)
printf '[[station]]\nname = "kitchen"\nprinter = "grill"\n[[printer]]\nname = "grill"\naddress = "tcp://%s"\nprofile = "generic-80"\n' "$printer" >"$work/agent/agent.toml"
code=$("$here/printrail-relay" enrol --data "$work/relay" --outlet bistro --station kitchen 2>/dev/null)
on_arm --version
on_arm pair "$code" --relay "$url" 2>"$work/pair.log"
qemu-aarch64-static -L /usr/aarch64-linux-gnu "$agent" run --data "$work/agent" >"$work/agent.log" 2>&1 &
children+=($!)
token=$("$here/printrail-relay" token create --data "$work/relay" --outlet bistro --role pos)
curl -sf "$url/api/orders" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -o /dev/null \
    -d '{"items":[{"name":"Nasi Goreng","quantity":1,"unitPrice":3,"workstation":"kitchen"}],"paymentMethod":"cash"}'
on_paper() { cat "$work"/paper/*.txt 2>/dev/null | grep -q 'Nasi Goreng'; }
within 120 on_paper
echo "arm: an agent for arm64 printed a ticket"
