#!/usr/bin/env bash
# The last stage of packaging/container/Containerfile, step by step in an empty Debian, since CI has no container engine:
# tests/container/chroot.sh RELAY ROOT.tar
set -euo pipefail
relay=$1
tar=$2
file=$(cd "$(dirname "$0")/../.." && pwd)/packaging/container/Containerfile
root=$(mktemp -d)
trap 'kill "${serving:-}" 2>/dev/null || true; umount "$root/proc" "$root/dev/urandom" 2>/dev/null || true; rm -rf "$root"' EXIT
tar -C "$root" -xf "$tar"
mount -t proc proc "$root/proc"

stage=$(awk '/^FROM/ { stage = "" } { stage = stage $0 "\n" } END { printf "%s", stage }' "$file")
value() { sed -n "s/^$1 //p" <<<"$stage"; }
while read -r step; do
    case $step in
    # The network is not this test's.
    *apt-get*) ;;
    *) chroot "$root" /bin/sh -c "$step" ;;
    esac
done < <(value RUN)
install -m 0755 "$relay" "$root$(value COPY | sed 's/.* //')"

user=$(value USER)
entry=$(value ENTRYPOINT | tr -d '[]",')
environment=$(value ENV)
health=$(sed -n 's/^HEALTHCHECK .*CMD \[\(.*\)\]$/\1/p' <<<"$stage" | tr -d '",')
[ -n "$user" ] && [ -n "$health" ] && [ -n "$entry" ]
# As the engine would: that user alone, nothing of ours around it, on a free port.
inside() {
    # shellcheck disable=SC2086
    exec chroot --userspec="$user" "$root" /usr/bin/env -i $environment PRINTRAIL_RELAY_LISTEN=127.0.0.1:0 "$@"
}
# shellcheck disable=SC2086
inside $entry "$(value CMD | tr -d '[]",')" >"$root/out" 2>"$root/log" &
serving=$!
healthy() { (inside $health) >/dev/null 2>&1; }
for _ in $(seq 300); do
    if grep -q '^listening on' "$root/out"; then break; fi
    sleep 0.2
done
grep -q '^listening on' "$root/out" || { cat "$root/log"; exit 1; }
healthy || { echo "container: the health check fails beside a relay that serves"; exit 1; }
[ "$(stat -c '%u %a' "$root/data")" = "${user%:*} 700" ]
[ "$(ps -o uid= -p "$serving" | tr -d ' ')" = "${user%:*}" ] || { echo "container: it does not run as $user"; exit 1; }
[ -z "$(find "$root/data" ! -user "${user%:*}")" ]
kill "$serving"
wait "$serving" || { echo "container: SIGTERM does not end it cleanly"; exit 1; }
serving=
echo "container: the last stage's steps give a relay that serves as $user, is healthy and ends cleanly"
