#!/bin/sh
# Lays out one program as it lies on a computer: packaging/stage.sh agent|relay BINARY DESTDIR [RUNNABLE]
# RUNNABLE writes manual pages and completions where BINARY is for another processor.
set -eu

part=${1:?usage: stage.sh agent|relay BINARY DESTDIR [RUNNABLE]}
binary=$2
dest=$3
runnable=${4:-$binary}
here=$(cd "$(dirname "$0")/.." && pwd)
name=printrail-$part

put() { install -D -m "$1" "$2" "$dest/$3"; }

put 0755 "$binary" "usr/bin/$name"
put 0644 "$here/systemd/$name.service" "usr/lib/systemd/system/$name.service"
put 0644 "$here/systemd/$name.sysusers" "usr/lib/sysusers.d/$name.conf"
put 0644 "$here/systemd/$name.tmpfiles" "usr/lib/tmpfiles.d/$name.conf"
if [ "$part" = agent ]; then
    put 0644 "$here/systemd/60-$name.rules" "usr/lib/udev/rules.d/60-$name.rules"
    # The program writes its own agent.toml (pair, printers add), so what is installed is the beginning of it.
    put 0644 "$here/packaging/agent.toml" "usr/share/$name/agent.toml"
else
    put 0644 "$here/packaging/relay.toml" "etc/printrail/relay.toml"
fi

install -d -m 0755 "$dest/usr/share/man/man1"
"$runnable" man "$dest/usr/share/man/man1"
gzip -9n "$dest"/usr/share/man/man1/*
complete() { install -d -m 0755 "$dest/$(dirname "$2")" && "$runnable" completions "$1" >"$dest/$2"; }
complete bash "usr/share/bash-completion/completions/$name"
complete zsh "usr/share/zsh/vendor-completions/_$name"
complete fish "usr/share/fish/vendor_completions.d/$name.fish"
chmod -R u=rwX,go=rX "$dest"
