#!/bin/sh
# Installs what a checkout built: packaging/install.sh agent|relay|remove-agent|remove-relay [DESTDIR]
set -eu

what=${1:?usage: install.sh agent|relay|remove-agent|remove-relay [DESTDIR]}
dest=${2:-}
here=$(cd "$(dirname "$0")/.." && pwd)
part=${what#remove-}

case "$part" in
agent | relay) ;;
*)
    echo "install.sh: \`$what\` is neither agent, relay, remove-agent nor remove-relay" >&2
    exit 2
    ;;
esac
if [ -z "$dest" ] && [ "$(id -u)" != 0 ]; then
    echo "install.sh: this changes /usr and /etc; run it with sudo" >&2
    exit 4
fi

live() { [ -z "$dest" ] && command -v systemctl >/dev/null && [ -d /run/systemd/system ]; }

if [ "$what" != "$part" ]; then
    if live; then systemctl disable --now "printrail-$part.service" || true; fi
    rm -f "$dest/usr/bin/printrail-$part" "$dest/usr/lib/systemd/system/printrail-$part.service"
    [ "$part" = agent ] && rm -f "$dest/usr/lib/udev/rules.d/60-printrail-agent.rules"
    if live; then systemctl daemon-reload; fi
    echo "removed printrail-$part; its configuration and data stay in /etc/printrail and /var/lib/printrail-$part"
    exit 0
fi

binary="$here/target/release/printrail-$part"
if [ ! -x "$binary" ]; then
    echo "install.sh: $binary is missing; run: cargo build --release -p $part" >&2
    exit 1
fi
install -D -m 0755 "$binary" "$dest/usr/bin/printrail-$part"
install -D -m 0644 "$here/systemd/printrail-$part.service" "$dest/usr/lib/systemd/system/printrail-$part.service"
install -D -m 0644 "$here/systemd/printrail.sysusers" "$dest/usr/lib/sysusers.d/printrail.conf"
install -D -m 0644 "$here/systemd/printrail.tmpfiles" "$dest/usr/lib/tmpfiles.d/printrail.conf"
if [ "$part" = agent ]; then
    install -D -m 0644 "$here/systemd/60-printrail-agent.rules" "$dest/usr/lib/udev/rules.d/60-printrail-agent.rules"
fi
if [ ! -e "$dest/etc/printrail/$part.toml" ]; then
    install -D -m 0644 "$here/packaging/$part.toml" "$dest/etc/printrail/$part.toml"
fi
if live; then
    systemd-sysusers /usr/lib/sysusers.d/printrail.conf
    systemd-tmpfiles --create /usr/lib/tmpfiles.d/printrail.conf
    systemctl daemon-reload
fi
echo "installed printrail-$part; next: edit /etc/printrail/$part.toml, then: systemctl enable --now printrail-$part"
