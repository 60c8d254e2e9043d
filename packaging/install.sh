#!/bin/sh
# Installs what a checkout built, without a package: packaging/install.sh agent|relay|remove-agent|remove-relay [DESTDIR]
set -eu

what=${1:?usage: install.sh agent|relay|remove-agent|remove-relay [DESTDIR]}
dest=${2:-}
here=$(cd "$(dirname "$0")/.." && pwd)
part=${what#remove-}
name=printrail-$part

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

live() { [ -z "$dest" ] && [ -d /run/systemd/system ]; }

if [ "$what" != "$part" ]; then
    if live; then systemctl disable --now "$name.service" || true; fi
    for file in "bin/$name" "lib/systemd/system/$name.service" "lib/sysusers.d/$name.conf" "lib/tmpfiles.d/$name.conf" \
        "lib/udev/rules.d/60-$name.rules" "share/bash-completion/completions/$name" \
        "share/zsh/vendor-completions/_$name" "share/fish/vendor_completions.d/$name.fish"; do
        rm -f "$dest/usr/$file"
    done
    rm -f "$dest"/usr/share/man/man1/"$name"*.gz
    rm -rf "$dest/usr/share/$name"
    if live; then systemctl daemon-reload; fi
    echo "removed $name; its configuration and data stay in /etc/printrail and /var/lib/$name"
    exit 0
fi

binary="$here/target/release/$name"
if [ ! -x "$binary" ]; then
    echo "install.sh: target/release/$name is missing; run: cargo build --release -p $part" >&2
    exit 1
fi
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/packaging/stage.sh" "$part" "$binary" "$tree"
[ "$part" = relay ] || install -D -m 0644 "$here/packaging/agent.toml" "$tree/etc/printrail/agent.toml"
# What a person wrote stays.
[ ! -e "$dest/etc/printrail/$part.toml" ] || rm "$tree/etc/printrail/$part.toml"
cp -R "$tree/." "$dest/"
if live; then
    systemd-sysusers "/usr/lib/sysusers.d/$name.conf"
    systemd-tmpfiles --create "/usr/lib/tmpfiles.d/$name.conf"
    systemctl daemon-reload
fi
case "$part" in
agent) echo "installed $name; next: printrail-agent service install CODE --relay wss://your-relay" ;;
relay) echo "installed $name; next: edit /etc/printrail/relay.toml, then: systemctl enable --now $name" ;;
esac
