# The packages on a computer that boots: sourced by .ci/run, which gives $work and retry.
# shellcheck shell=bash disable=SC2154

packages_install() {
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get update -q
    retry apt-get install -y -q --no-install-recommends systemd-container mmdebstrap lintian rpm
    # An empty Debian with systemd, made once.
    mkdir -p "$work/packages"
    [ -e "$work/packages/root.tar" ] || retry mmdebstrap --variant=minbase \
        --include=systemd,systemd-sysv,udev,dbus,curl bookworm "$work/packages/root.tar"
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
    tests/packages/booted.sh "$out" "$release/printrail-virtual-printer"
    tests/packages/rpm.sh "$out"
}
