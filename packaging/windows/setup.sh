#!/bin/sh
# Wraps the agent's MSI into a setup.exe for people: packaging/windows/setup.sh AGENT.MSI OUT. Needs makensis (nsis).
set -eu

msi=$(realpath "${1:?usage: setup.sh AGENT.MSI OUT}")
mkdir -p "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
version=$(msiinfo export "$msi" Property | sed -n 's/^ProductVersion\t\([0-9.]*\).*/\1/p')

makensis -V2 -DVERSION="$version" -DMSI="$msi" -DOUT="$out/printrail-agent-$version-setup.exe" "$here/setup.nsi"
echo "$out/printrail-agent-$version-setup.exe"
