#!/bin/sh
# Builds a Debian package: packaging/deb.sh agent|relay BINARY OUT [ARCH] [RUNNABLE]; VERSION sets the version.
set -eu

part=${1:?usage: deb.sh agent|relay BINARY OUT [ARCH] [RUNNABLE]}
binary=$2
out=$3
arch=${4:-$(dpkg --print-architecture)}
runnable=${5:-$binary}
here=$(cd "$(dirname "$0")" && pwd)
name=printrail-$part
version=${VERSION:-$("$runnable" --version | sed 's/.* //')}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

"$here/stage.sh" "$part" "$binary" "$tree" "$runnable"
install -d -m 0755 "$tree/DEBIAN" "$tree/usr/share/doc/$name"
install -m 0644 "$here/deb/copyright" "$tree/usr/share/doc/$name/copyright"
sed "s/@name@/$name/; s/@version@/$version/" "$here/deb/changelog" | gzip -9n >"$tree/usr/share/doc/$name/changelog.gz"
for script in postinst prerm postrm; do
    sed "s/@part@/$part/g" "$here/deb/$script" >"$tree/DEBIAN/$script"
    chmod 0755 "$tree/DEBIAN/$script"
done
[ "$part" = relay ] && echo /etc/printrail/relay.toml >"$tree/DEBIAN/conffiles"
size=$(du -sk --exclude=DEBIAN "$tree" | cut -f1)
sed "s/@version@/$version/; s/@arch@/$arch/; s/@size@/$size/" "$here/deb/control.$part" >"$tree/DEBIAN/control"
(cd "$tree" && find usr etc -type f -exec md5sum {} + 2>/dev/null) | sort -k2 >"$tree/DEBIAN/md5sums"
mkdir -p "$out"
dpkg-deb --root-owner-group -Zxz --build "$tree" "$out/${name}_${version}_$arch.deb"
