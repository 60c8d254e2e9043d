"""The table of a run of peers.sh, from the load generator's JSON lines; the best run of each cell counts."""

import json
import pathlib
import sys

PEERS = {
    "node": "Node's socket.io, stores nothing",
    "node-postgresql": "Node's socket.io, PostgreSQL",
    "node-sqlite": "Node's socket.io, SQLite",
    "relay": "Printrail, Socket.IO, SQLite",
    "relay-plain": "Printrail, plain sockets, SQLite",
}


def runs(folder):
    """label -> peer -> runs that lost and repeated nothing."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        for line in path.read_text().splitlines():
            run = json.loads(line)
            clean = run["missing"] == 0 and run["kitchen_dups"] == 0 and run["non_2xx"] == 0 and run["connect_errors"] == 0
            if not clean:
                print(f"left out: {path.stem} {run['label']}: {run['missing']} missing, {run['kitchen_dups']} repeated, "
                      f"{run['non_2xx']} refused, {run['connect_errors']} not connected", file=sys.stderr)
                continue
            found.setdefault(run["label"], {}).setdefault(path.stem, []).append(run)
    return found


def main():
    found = runs(sys.argv[1])
    best = {}
    for label, peers in found.items():
        for peer, its in peers.items():
            if label == "max":
                best[label, peer] = max(its, key=lambda run: run["sustained_orders_per_s"])
            elif label == "rate200":
                best[label, peer] = min(its, key=lambda run: run["kitchen_ms"]["p99"])
            else:
                best[label, peer] = min(its, key=lambda run: run["rss_per_conn_kib"])
    print("| | p50, p99 at 200 orders/s | most orders/s | CPU s per 10,000 deliveries (at 200/s; at most) "
          "| KiB per idle connection (2,000; 10,000) |")
    print("| --- | --- | --- | --- | --- |")
    for peer, name in PEERS.items():
        slow, fast = best.get(("rate200", peer)), best.get(("max", peer))
        if not slow or not fast:
            continue
        idle = [best.get((f"idle{n}", peer)) for n in (2000, 10000)]
        idle = "; ".join(f"{run['rss_per_conn_kib']:.1f}" if run else "–" for run in idle) if any(idle) else "–"
        print(f"| {name} | {slow['kitchen_ms']['p50']:.2f} ms, {slow['kitchen_ms']['p99']:.2f} ms "
              f"| {fast['sustained_orders_per_s']:,.0f} | {slow['server_cpu_s_per_10k_deliveries']:.2f}; "
              f"{fast['server_cpu_s_per_10k_deliveries']:.3f} | {idle} |")
    ours = best.get(("max", "relay"))
    if ours:
        print()
        for peer, aim in (("node", 1.0), ("node-postgresql", 1.5), ("node-sqlite", 3.4)):
            other = best.get(("max", peer))
            if other:
                ratio = ours["sustained_orders_per_s"] / other["sustained_orders_per_s"]
                print(f"{PEERS[peer]}: Printrail reaches {ratio:.2f} times its rate (aim {aim}).")
    busy = [run["other_cores"] for run in best.values()]
    print(f"\nOther work on the machine during these runs: {min(busy):.2f} to {max(busy):.2f} cores.")


main()
