#!/usr/bin/env bash
# docs/install-windows.md, followed step by step under Wine: installed silently, paired with a real relay, tickets out,
# killed, stopped, updated, removed, nothing left.
#   install.sh FOLDER RELAY VIRTUAL-PRINTER BCRYPTPRIMITIVES.DLL, with FOLDER/printrail-agent-0.1.{0,1}-{x64.msi,setup.exe}
set -euo pipefail
packages=$(cd "$1" && pwd) RELAY=$(realpath "$2") PRINTER=$(realpath "$3") SHIM=$(realpath "$4")
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
code() { relay enrol --outlet bistro --station kitchen --station bar_depan; }

start_windows
ln -s "$packages" "$WINEPREFIX/drive_c/packages"
# As a person's new terminal: `cmd` finds the agent by its name, since the MSI put it on the path.
run() { # run LINE: as it stands on the page
    local line="line-$BASHPID.bat"
    printf '@%s\r\n@exit %%errorlevel%%\r\n' "$*" >"$WINEPREFIX/drive_c/$line"
    (cd "$WINEPREFIX/drive_c/packages" && "$wine" cmd /c "C:\\$line" 2>"$at/stderr" </dev/null)
}
agent() { run printrail-agent "$@"; }
# step SECTION N [CODE]: the page's Nth block of commands in that section, with this restaurant's names.
step() {
    local code=${3:-no-code} line
    awk -v section="## $1" -v wanted="$2" '
        /^## / { inside = $0 == section; n = 0 }
        /^```/ { if (open) { open = 0; next } if (inside && $0 == "```bat") { n++; open = 1; next } }
        open && inside && n == wanted' "$docs" |
        sed "s,wss://orders.bistro.example,$url,; s,ABCD-1234,$code,; s,EPSON TM-T20III,Bar_Raw,; s,--station bar$,--station bar_depan," >"$at/step"
    [ -s "$at/step" ] || fail "the page has a block $2 in \"$1\""
    while IFS= read -r line; do
        echo "> ${line/$code/CODE}"
        run "$line" || { cat "$at/stderr"; agent config check; cat "$at/stderr" "$data/agent.toml"; fail "$line"; }
        tr -d '\r' <"$at/stderr"
    done <"$at/step"
}
# Wine leaves an empty place in the path where an old version's was, and its `cmd` looks no further than that.
found_by_name() {
    local environment='HKLM\System\CurrentControlSet\Control\Session Manager\Environment' path
    path=$("$wine" reg query "$environment" /v Path | tr -d '\r' | sed -n 's/.*REG_EXPAND_SZ *//p')
    check "the program is found by its name" grep -qi 'Printrail' <<<"$path"
    "$wine" reg add "$environment" /v Path /t REG_EXPAND_SZ /d "${path//;;/;}" /f >/dev/null
}
program="$WINEPREFIX/drive_c/Program Files/Printrail/printrail-agent.exe"
data="$WINEPREFIX/drive_c/ProgramData/Printrail"
live() { { agent status --json || true; } | grep -q '"state":"live"'; }
stopped() { { agent service status --json || true; } | grep -q '"running":false'; }
logged() { [ "$(grep -c "$1" "$data/agent/agent.log")" -gt "$2" ]; }
tell() { "$PRINTER" --tell "$control" "$1" >/dev/null; }
held() { { agent jobs list --json || true; } | grep -q '"state":"held"'; }
nothing_registered() { ! "$wine" sc query printrail-agent >/dev/null && ! "$wine" reg query 'HKLM\Software\Printrail' >/dev/null 2>&1; }

# --- install
begun=$SECONDS
step Install 1 "$(code)"
check "the MSI installs the program" test -e "$program"
step Install 2
check "the service runs and is connected" within 30 live
check "a test ticket comes out of the spooler" within 60 papers_are spooler kitchen 1
step Install 3
check "a test ticket comes out of the COM port" within 60 papers_are com bar.depan 1
echo "# the page's steps took $((SECONDS - begun)) s"
within 30 live || fail "it is connected"
order a-1 kitchen
order a-2 bar
check "an order is on paper through the spooler" within 60 papers_are spooler Dish-a-1 1
check "and through the COM port" within 60 papers_are com Dish-a-2 1

# --- stop while a ticket prints
tell "delay-proof 5s"
order a-3 bar
printing() { { agent jobs list --json || true; } | grep -q '"state":"printing"'; }
within 60 printing || fail "the ticket is being printed"
agent service stop &
stopping=$!
check "told to stop, it finishes what prints" within 30 logged "tickets in progress are finished first" 0
tell "delay-proof 0s"
wait "$stopping" || fail "it stops"
check "the service is stopped" stopped
check "and the ticket is on paper" within 30 papers_are com Dish-a-3 1
agent service start
within 30 live || fail "it starts again"
check "once" papers_are com Dish-a-3 1

# --- killed; Wine's service manager notices it when it is asked to stop what is gone, and knows no restart: by hand
pkill -KILL -f 'printrail-agent.exe"? run --service' || fail "the service's process is found"
order a-4 kitchen
agent service stop || true
agent service start
check "killed and started, it prints what came meanwhile" within 60 papers_are spooler Dish-a-4 1

# --- update, with a ticket that waits
tell paper-out
order a-5 bar
check "a ticket waits for the printer" within 60 held
step Update 1
found_by_name
check "the update keeps pairing and configuration" within 30 live
tell refill
check "and the ticket that waited comes out" within 60 papers_are com Dish-a-5 1

# --- remove, install again by the setup, remove with everything
step Remove 1
gone() { [ ! -e "$1" ]; }
check "removed: no program" within 60 gone "$program"
check "no service, no entry" within 30 nothing_registered
check "configuration, token and spool are kept" test -s "$data/agent.token" -a -s "$data/agent/spool.db"
run printrail-agent-0.1.1-setup.exe /S || fail "the setup installs"
found_by_name
check "the setup finds them again" within 60 live
run printrail-agent-0.1.1-setup.exe /S "/RELAY=$url" "/PAIR=NO-SUCHCODE" && fail "a wrong code is refused"
ok "a wrong code ends the setup with an error"
run msiexec /qn /x printrail-agent-0.1.1-x64.msi PURGE=1 || fail "it is removed"
check "removed with PURGE=1: no data" within 60 gone "$data"
check "no program" within 60 gone "$(dirname "$program")"
check "no service, no entry" within 30 nothing_registered
exec 9>&-
/usr/lib/wine/wineserver64 -k
/usr/lib/wine/wineserver64 -w
left=$(grep -i printrail "$WINEPREFIX"/*.reg || true; find "$WINEPREFIX/drive_c" -iname '*printrail*' ! -iname '*setup.log')
[ -z "$left" ] || { echo "$left"; fail "nothing is left"; }
ok "nothing is left on the computer"
echo "windows: $checks checks passed for MSI, setup and service"
