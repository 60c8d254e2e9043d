# Orders while everything is killed, and an audit of the paper: sourced by .ci/run, which gives release_build.
# shellcheck shell=bash

# Orders of one run, and a fault after every 50th: more than half of these are kills. As many as fit into CI's time;
# docs/reliability/chaos.md has the larger runs.
CHAOS_ORDERS=6000
CHAOS_KILLS=50

chaos_suite() {
    release_build
    local report="${work:?}/chaos.json"
    timeout 1800 target/release/printrail-relay loadtest --orders "$CHAOS_ORDERS" --chaos --every 50 \
        --keep "$work/chaos" --json >"$report" || { cat "$report"; return 1; }
    python3 - "$report" "$CHAOS_ORDERS" "$CHAOS_KILLS" <<'PY'
import json, sys
report, orders, kills = json.load(open(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
report["broken"] = len(report["broken"])
print(json.dumps(report, indent=1))
killed = sum(count for kind, count in report["faults"].items() if kind.endswith("killed"))
assert report["orders"] == orders, "not every order was taken"
assert killed >= kills, f"{killed} kills"
assert report["lost"] == report["unmarked_duplicates"] == report["late_alarms"] == 0
PY
    rm -rf "$work/chaos"
}
