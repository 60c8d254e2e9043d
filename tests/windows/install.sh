#!/usr/bin/env bash
# docs/install-windows.md, followed step by step under Wine: installed silently, paired with a real relay, tickets out,
# killed, stopped, updated, removed, nothing left.
#   install.sh FOLDER RELAY VIRTUAL-PRINTER BCRYPTPRIMITIVES.DLL, with FOLDER/printrail-agent-0.1.{0,1}-{x64.msi,setup.exe}
set -euo pipefail
packages=$(cd "$1" && pwd) RELAY=$2 PRINTER=$3 SHIM=$4
# shellcheck source=tests/windows/wine.sh
. "$(dirname "$0")/wine.sh"
docs="$(cd "$(dirname "$0")/../.." && pwd)/docs/install-windows.md"

# --- the relay, in its own cupboard
relay() { "$RELAY" "$@" --data "$at/relay"; }
relay init --outlet bistro --name Bistro --timezone Europe/Berlin >/dev/null
relay serve --listen 127.0.0.1:0 >"$at/relay.log" 2>"$at/relay.err" &
pids+=($!)
within 60 grep -q "listening on" "$at/relay.log" || fail "the relay starts"
url=$(sed -n 's/^listening on http:/ws:/p' "$at/relay.log")
token=$(relay token create --outlet bistro --role pos)
order() { # order ID STATION: accepted, or the test ends
    curl -sSf -o /dev/null "${url/ws:/http:}/api/orders" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
        -d "{\"id\":\"$1\",\"tableId\":\"12\",\"orderType\":\"dine-in\",\"paymentMethod\":\"cash\",\"items\":[{\"name\":\"Dish-$1\",\"quantity\":1,\"unitPrice\":9,\"workstation\":\"$2\"}]}" ||
        fail "order $1 is accepted"
}
code() { relay enrol --outlet bistro --station kitchen --station bar; }

start_windows
ln -s "$packages" "$WINEPREFIX/drive_c/packages"
# As a person's new terminal: `cmd` finds the agent by its name, since the MSI put it on the path.
run() { (cd "$WINEPREFIX/drive_c/packages" && "$wine" cmd /c "$*" 2>"$at/stderr"); }
agent() { run printrail-agent "$@"; }
# step SECTION N: the page's Nth block of commands in that section, with this restaurant's names.
step() {
    awk -v section="## $1" -v wanted="$2" '
        /^## / { inside = $0 == section; n = 0 }
        /^```/ { if (open) { open = 0; next } if (inside && $0 == "```bat") { n++; open = 1; next } }
        open && inside && n == wanted' "$docs" |
        sed "s,wss://orders.bistro.example,$url,; s,ABCD-1234,${3:-},; s,EPSON TM-T20III,Bar_Raw," >"$at/step"
    [ -s "$at/step" ] || fail "the page has a block $2 in \"$1\""
    while IFS= read -r line; do
        echo "> ${line/$3/CODE}"
        run "$line" </dev/null || { cat "$at/stderr"; fail "$line"; }
    done <"$at/step"
}
installed() { [ -e "$WINEPREFIX/drive_c/Program Files/Printrail/printrail-agent.exe" ]; }
live() { agent status --json | grep -q '"state":"live"'; }
pid() { agent status --json | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'; }
service_is() { agent service status --json | grep -q "\"running\":$1"; }
left() { find "$WINEPREFIX/drive_c" -iname '*printrail*' ! -path '*/packages*' ! -iname '*setup.log' -print; grep -il printrail "$WINEPREFIX"/*.reg || true; }

# --- install
begun=$SECONDS
step Install 1 "$(code)"
check "the MSI installs the program" installed
check "the service runs and is connected" within 30 live
step Install 2
check "a test ticket comes out of the spooler" within 60 papers_are spooler kitchen 1
step Install 3
check "a test ticket comes out of the COM port" within 60 papers_are com bar 1
echo "# the page's steps took $((SECONDS - begun)) s"
within 30 live || fail "it is connected"
order a-1 kitchen
order a-2 bar
check "an order is on paper through the spooler" within 60 papers_are spooler Dish-a-1 1
check "and through the COM port" within 60 papers_are com Dish-a-2 1
echo "windows: $checks checks passed"
