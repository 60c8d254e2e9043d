# shellcheck shell=bash
# A Windows to try the agent on: Wine, a raw queue of CUPS behind its spooler, a pseudo-terminal behind COM5. Sourced by
# the tests beside it, which give SHIM (bcryptprimitives.dll) and PRINTER (the virtual printer). Everything lies in $at.

at=$(mktemp -d)
chmod 755 "$at"
pids=()
export WINEPREFIX="$at/wine" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" CUPS_SERVER="$at/cups.sock" DISPLAY=
wine=/usr/lib/wine/wine64

finish() {
    local code=$?
    [ "$code" = 0 ] || { echo "--- events:"; tail -n 20 "$at/events"; echo "--- the agent's log:"; tail -n 40 "$at"/wine/drive_c/ProgramData/Printrail/agent/agent.log 2>/dev/null || true; }
    [ ! -d "$at/wine" ] || /usr/lib/wine/wineserver64 -k 2>/dev/null || true
    exec 9>&-
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$at"
    exit "$code"
}
trap finish EXIT

checks=0
ok() { checks=$((checks + 1)); echo "ok - $1"; }
fail() { echo "not ok - $1" >&2; exit 1; }
check() { # check "what" command …
    local what=$1
    shift
    if "$@"; then ok "$what"; else fail "$what"; fi
}
within() { # within SECONDS command …
    local until=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.2
    done
}

# A CUPS of our own, without rights over the machine's.
start_cups() {
    mkdir "$at"/{spool,cache,state,log,root}
    cat >"$at/files.conf" <<CONF
ServerRoot $at/root
RequestRoot $at/spool
TempDir $at/spool
CacheDir $at/cache
StateDir $at/state
ErrorLog $at/log/error
AccessLog $at/log/access
PageLog $at/log/page
User lp
Group lp
SystemGroup root
CONF
    cat >"$at/cupsd.conf" <<CONF
Listen $CUPS_SERVER
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
CONF
    /usr/sbin/cupsd -f -c "$at/cupsd.conf" -s "$at/files.conf" &
    pids+=($!)
    within 30 test -S "$CUPS_SERVER" || fail "CUPS starts"
}

# start_printer NAME FLAG…: a virtual printer whose papers lie in $at/paper-NAME; its place is printed by `place NAME`.
start_printer() {
    local name=$1
    shift
    mkdir -p "$at/paper-$name"
    "$PRINTER" "$@" --out "$at/paper-$name" >"$at/$name.log" &
    pids+=($!)
    within 30 grep -q "listening on" "$at/$name.log" || fail "the printer $name starts"
}
place() { sed -n 's/^listening on //p' "$at/$1.log"; }
papers() { { grep -liw "$2" "$at/paper-$1"/*.txt 2>/dev/null || true; } | wc -l; }
papers_are() { [ "$(papers "$1" "$2")" = "$3" ]; } # papers_are NAME WORD NUMBER

# Windows, with the printer Bar_Raw in its spooler, and a printer at COM5. A program of a user stays open, since Wine
# ends its services with the last one.
start_windows() {
    start_cups
    start_printer spooler --listen 127.0.0.1:0
    # A free port for the faults that the tests cause at the printer on COM5.
    control=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    start_printer com --pty --control "$control"
    lpadmin -p Bar_Raw -E -v "socket://$(place spooler)" -m raw
    "$wine" wineboot -i >/dev/null 2>&1
    cp "$SHIM" "$WINEPREFIX/drive_c/windows/system32/"
    # Wine gives a service 10 s to come up, as Windows does, and a busy machine needs more.
    "$wine" reg add 'HKLM\SYSTEM\CurrentControlSet\Control' /v ServicesPipeTimeout /t REG_DWORD /d 120000 /f >/dev/null
    /usr/lib/wine/wineserver64 -k
    /usr/lib/wine/wineserver64 -w
    ln -sf "$(place com)" "$WINEPREFIX/dosdevices/com5"
    mkfifo "$at/open"
    WINEDEBUG=-all,+eventlog "$wine" cmd <"$at/open" >/dev/null 2>"$at/events" &
    pids+=($!)
    exec 9>"$at/open"
}
