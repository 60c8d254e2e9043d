#!/usr/bin/env bash
# Tickets of eight items to ESC/POS, ours and other libraries', in one run on one core after another: prints a table.
# Run it from the workspace's root on a machine that does nothing else. It installs the libraries into target/peers.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-5}
scratch="$PWD/target/peers"
here=escpos-templates/benches
mkdir -p "$scratch"
cp "$here/peers/package.json" "$scratch/"
(cd "$scratch" && npm install --no-audit --no-fund --silent)
[ -x "$scratch/venv/bin/python" ] || python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'python-escpos==3.1'

cargo bench --quiet -p escpos-templates --bench render -- --noplot >"$scratch/criterion.txt" 2>&1
NODE_PATH="$scratch/node_modules" node "$here/peers/peers.js" "$here/events.json" "$here/kitchen.receipt.txt" "$seconds" \
    >"$scratch/peers.jsonl"
"$scratch/venv/bin/python" "$here/peers/peers.py" "$here/events.json" "$seconds" >>"$scratch/peers.jsonl"

python3 - "$scratch" <<'PYTHON'
import glob, json, os, sys

scratch = sys.argv[1]
rows = []
for path in sorted(glob.glob(os.environ.get("CARGO_TARGET_DIR", "target") + "/criterion/*/*/new/estimates.json")):
    with open(path) as file:
        mean = json.load(file)["mean"]["point_estimate"]
    with open(path.replace("estimates.json", "benchmark.json")) as file:
        about = json.load(file)
    if about["group_id"] in ("ticket", "markup", "raster"):
        elements = (about.get("throughput") or {}).get("Elements", 1)
        unit = "lines" if about["group_id"] == "raster" else "tickets"
        rows.append((f"Printrail: {about['function_id']}", f"{1e9 * elements / mean:,.0f} {unit}", ""))
with open(os.path.join(scratch, "peers.jsonl")) as file:
    for line in file:
        peer = json.loads(line)
        rows.append((peer["name"], f"{peer['tickets']:,} tickets", f"{peer['bytes']:,}"))
print("| | a second | bytes |\n| --- | --- | --- |")
for row in rows:
    print("| " + " | ".join(row) + " |")
PYTHON
