#!/bin/sh
# Builds an RPM: packaging/rpm.sh agent|relay BINARY OUT [ARCH] [RUNNABLE]; VERSION sets the version.
set -eu

part=${1:?usage: rpm.sh agent|relay BINARY OUT [ARCH] [RUNNABLE]}
binary=$2
mkdir -p "$3"
out=$(cd "$3" && pwd)
arch=${4:-$(uname -m)}
runnable=${5:-$binary}
here=$(cd "$(dirname "$0")" && pwd)
version=${VERSION:-$("$runnable" --version | sed 's/.* //')}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case "$part" in
agent) what="Carries a restaurant's tickets to its printers" ;;
*) what="Takes a restaurant's orders and delivers them as tickets" ;;
esac

"$here/stage.sh" "$part" "$binary" "$work/tree" "$runnable"
rpmbuild -bb --quiet --target "$arch" --define "_topdir $work/rpm" --define "_rpmdir $out" \
    --define "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm" --define "part $part" \
    --define "pkgversion $version" --define "what $what" --define "tree $work/tree" "$here/rpm/printrail.spec"
