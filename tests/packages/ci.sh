# The packages on a computer that boots: sourced by .ci/run, which gives $work and retry.
# shellcheck shell=bash disable=SC2154

packages_install() {
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get update -q
    retry apt-get install -y -q --no-install-recommends systemd-container mmdebstrap lintian rpm minisign
    # An empty Debian with systemd, made once.
    mkdir -p "$work/packages"
    [ -e "$work/packages/root.tar" ] || retry mmdebstrap --variant=minbase \
        --include=systemd,systemd-sysv,udev,dbus,curl,socat,ca-certificates,openssl bookworm "$work/packages/root.tar"
}

# Releases for `printrail-agent update`, signed by a publisher of the test's own: one that runs, one that falls at its
# start, one that hangs, and one that was changed after it was signed.
updates() {
    local out=$1 kind
    rm -rf "$out"
    mkdir -p "$out"
    minisign -G -W -p "$out/key.pub" -s "$out/key" >/dev/null
    release() { printf '#!/bin/sh\n[ "$1" = --version ] && { echo printrail-agent %s; exit; }\n%s\n' "$2" "$3" >"$out/$1.sh"; }
    release good 0.2.0 'exec /opt/printrail/agent "$@"'
    release crash 0.3.0 'exit 1'
    release hang 0.4.0 'exec sleep 1000'
    release forged 0.5.0 'exec /opt/printrail/agent "$@"'
    for kind in good:0.2.0 crash:0.3.0 hang:0.4.0 forged:0.5.0; do
        packaging/sign.sh "$out/${kind%:*}.sh" "${kind#*:}" "linux-$(uname -m)" "$out/key" "$out/${kind%:*}" >/dev/null
    done
    echo '# changed' >>"$out/forged/printrail-agent-linux-$(uname -m)"
}

packages_suite() {
    local out="$work/packages" release="$PWD/target/release"
    release_build
    for part in agent relay; do
        VERSION=0.1.0 packaging/deb.sh "$part" "$release/printrail-$part" "$out/first"
        VERSION=0.1.1 packaging/deb.sh "$part" "$release/printrail-$part" "$out/second"
        VERSION=0.1.0 packaging/rpm.sh "$part" "$release/printrail-$part" "$out/first"
        lintian --fail-on error --suppress-tags embedded-library "$out/first/printrail-${part}"_*.deb
    done
    updates "$out/updates"
    tests/packages/booted.sh "$out" "$release/printrail-virtual-printer"
    tests/packages/rpm.sh "$out"
    tests/container/chroot.sh "$release/printrail-relay" "$out/root.tar"
}
