#!/usr/bin/env bash
# A ticket of the Windows agent through the Windows spooler, raw: Wine's spooler, a raw queue of CUPS, the virtual printer.
#   spool.sh AGENT.EXE VIRTUAL-PRINTER BCRYPTPRIMITIVES.DLL
set -euo pipefail
agent=$1 printer=$2 shim=$3
at=$(mktemp -d)
chmod 755 "$at"
pids=()
finish() {
    WINEPREFIX="$at/wine" /usr/lib/wine/wineserver64 -k 2>/dev/null || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$at"
}
trap finish EXIT
until_true() { for _ in $(seq 300); do "$@" 2>/dev/null && return; sleep 0.1; done; echo "in vain: $*" >&2; return 1; }

mkdir "$at"/{spool,cache,state,log,root,paper,home}
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
Listen $at/sock
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
/usr/sbin/cupsd -f -c "$at/cupsd.conf" -s "$at/files.conf" & pids+=($!)
"$printer" --listen 127.0.0.1:0 --out "$at/paper" >"$at/printer.log" & pids+=($!)
until_true test -S "$at/sock"
until_true grep -q "listening on" "$at/printer.log"
export CUPS_SERVER="$at/sock" WINEPREFIX="$at/wine" WINEDEBUG=-all
lpadmin -p Bar_Raw -E -v "socket://$(sed -n 's/^listening on //p' "$at/printer.log")" -m raw

/usr/lib/wine/wine64 wineboot -i
cp "$shim" "$WINEPREFIX/drive_c/windows/system32/"
windows() { /usr/lib/wine/wine64 "$agent" --data "Z:$at/home" "$@"; }
printf '[relay]\nurl = "ws://127.0.0.1:1"\n' >"$at/home/agent.toml"
windows --version
windows printers scan --json | tee "$at/scan.json"
grep -q '"windows:Bar_Raw"' "$at/scan.json"
windows printers add bar windows:Bar_Raw --station bar
windows printers test bar
windows config show
windows doctor || true
until_true test -s "$at/paper/paper-0001.txt"
grep -q "bar" "$at/paper/paper-0001.txt"
echo "one ticket through the Windows spooler, $(stat -c %s "$at/paper/paper-0001.bin") bytes"
