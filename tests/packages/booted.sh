#!/usr/bin/env bash
# Boots an empty Debian, installs the packages, prints, breaks things, reboots, upgrades, removes, follows the page:
# tests/packages/booted.sh FOLDER VIRTUAL-PRINTER, with FOLDER/root.tar, FOLDER/first/*.deb, FOLDER/second/*.deb, FOLDER/updates
set -euo pipefail
folder=$(cd "$1" && pwd)
printer=$2
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d "$folder/root.XXXXXX")
trap 'rm -rf "$root"' EXIT

tar -C "$root" -xf "$folder/root.tar"
mkdir -p "$root/root/first" "$root/root/second" "$root/usr/local/bin"
cp "$folder"/first/*.deb "$root/root/first/"
cp "$folder"/second/*.deb "$root/root/second/"
cp "$printer" "$root/usr/local/bin/printrail-virtual-printer"
cp "$here"/../../docs/{troubleshooting,install-linux}.md "$root/root/"
cp -R "$folder/updates" "$root/root/updates"
cp "$here"/guest/*.sh "$root/root/"
cp "$here/guest/selftest.service" "$root/etc/systemd/system/"
mkdir -p "$root/etc/systemd/system/default.target.wants" "$root/etc/systemd/system/graphical.target.wants"
ln -s ../selftest.service "$root/etc/systemd/system/graphical.target.wants/"
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
# nspawn refuses a /run that is not tmpfs when it tears down its propagation folder.
mountpoint -q /run/systemd/nspawn || { mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn; }

boot() {
    echo "$1" >"$root/root/phase"
    timeout 900 systemd-nspawn --register=no --keep-unit -q -D "$root" --private-network --console=read-only \
        -b </dev/null >"$folder/boot-$1.log" 2>&1 || { tail -40 "$folder/boot-$1.log"; cat "$root/root/$1.log"; exit 1; }
    cat "$root/root/$1.log"
    if ! grep -q '^done$' "$root/root/$1.log" || grep -q '^not ok' "$root/root/$1.log"; then
        echo "packages: the phase \`$1\` failed"
        exit 1
    fi
}

boot first
boot second
# On the computer that has nothing of it left.
boot page
left=$(cd "$root" && find etc usr var run -name '*printrail*' ! -name printrail-virtual-printer ! -path '*/var/log/*' \
    ! -path 'var/lib/dpkg/*' 2>/dev/null || true)
left+=$(grep -s printrail "$root/etc/passwd" "$root/etc/group" || true)
[ -z "$left" ] || { echo "not ok - left after purge: $left"; exit 1; }
echo "packages: $(cat "$root"/root/*.log | grep -c '^ok') checks passed in three boots, nothing left after purge"
