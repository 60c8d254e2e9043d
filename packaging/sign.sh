#!/bin/sh
# Signs a release of the agent for `printrail-agent update`: packaging/sign.sh BINARY VERSION OS-ARCH SECRET-KEY OUT
# Makes OUT/printrail-agent-OS-ARCH and its .minisig; upload both to the channel's folder, the signature last.
# A publisher's key is made once (minisign -G -p release.pub -s release.key) and its public half built in:
# PRINTRAIL_RELEASE_KEY=$(tail -1 release.pub) cargo build --profile small -p agent
set -eu

usage="usage: sign.sh BINARY VERSION OS-ARCH SECRET-KEY OUT, such as: sign.sh printrail-agent 0.1.1 linux-x86_64 release.key out"
binary=${1:?$usage}
version=${2:?$usage}
target=${3:?$usage}
key=${4:?$usage}
out=${5:?$usage}
name=printrail-agent-$target

mkdir -p "$out"
install -m 0755 "$binary" "$out/$name"
# The trusted comment is signed too: it names what this is, so that nobody passes it off as something else.
minisign -S -s "$key" -m "$out/$name" -x "$out/$name.minisig" -t "$name $version" -c "Printrail agent $version"
