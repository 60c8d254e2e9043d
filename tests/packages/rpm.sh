#!/usr/bin/env bash
# The RPMs as far as a Debian can try them: tests/packages/rpm.sh FOLDER, with FOLDER/root.tar, FOLDER/first/*.rpm
set -euo pipefail
folder=$(cd "$1" && pwd)
root=$(mktemp -d "$folder/rpm.XXXXXX")
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
tar -C "$root" -xf "$folder/root.tar"
mount -t proc proc "$root/proc"

for part in agent relay; do
    package=$(ls "$folder"/first/printrail-"$part"-*.rpm)
    rpm -K --nosignature "$package" | grep -q 'digests OK'
    rpm --root "$root" --nodeps --install "$package"
    chroot "$root" "printrail-$part" --version
    chroot "$root" getent passwd "printrail-$part" >/dev/null
    [ "$(stat -c %a "$root/var/lib/printrail-$part")" = 700 ]
    [ -e "$root/etc/printrail/$part.toml" ]
    rpm --root "$root" --verify --nodeps "printrail-$part" | grep -v '^.........  [cg] ' && exit 1
    rpm --root "$root" --erase "printrail-$part"
    [ ! -e "$root/usr/bin/printrail-$part" ]
done
echo "packages: two RPMs installed, verified and erased"
