#!/usr/bin/env bash
# Tickets of the Windows agent in the foreground: through the Windows spooler, raw, and through a COM port.
#   spool.sh AGENT.EXE VIRTUAL-PRINTER BCRYPTPRIMITIVES.DLL
set -euo pipefail
agent=$(realpath "$1") PRINTER=$(realpath "$2") SHIM=$(realpath "$3")
# shellcheck source=tests/windows/wine.sh
. "$(dirname "$0")/wine.sh"
start_windows

mkdir "$at/home"
windows() { "$wine" "$agent" --data "Z:$at/home" "$@"; }
printf '[relay]\nurl = "ws://127.0.0.1:1"\n' >"$at/home/agent.toml"
windows --version
windows printers scan --json >"$at/scan.json"
check "the scan finds the spooler's printer" grep -q '"windows:Bar_Raw"' "$at/scan.json"
windows printers add bar windows:Bar_Raw --station bar
windows printers test bar
check "a test ticket comes out of the spooler" within 60 papers_are spooler bar 1
windows printers add grill 'serial:COM5?baud=19200' --station kitchen
windows printers test grill
check "a test ticket comes out of the COM port" within 60 papers_are com kitchen 1
windows config show
windows doctor || true
echo "windows: $checks checks passed in the foreground"
