#!/bin/sh
# Builds the agent's MSI: packaging/windows/msi.sh PRINTRAIL-AGENT.EXE OUT; VERSION sets the version. Needs wixl, msitools.
set -eu

binary=${1:?usage: msi.sh PRINTRAIL-AGENT.EXE OUT}
out=$2
here=$(cd "$(dirname "$0")" && pwd)
version=${VERSION:-$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$here/../../Cargo.toml")}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

cp "$binary" "$tree/printrail-agent.exe"
cp "$here/agent.wxs" "$tree/"
(cd "$tree" && wixl --arch x64 -D VERSION="$version" -o agent.msi agent.wxs)

# What wixl cannot say. Each query is one row of Windows Installer's tables.
query() { msibuild "$tree/agent.msi" -q "$1"; }
# The old version leaves before the new one comes, or it would take the new one's service with it.
query "UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 1450 WHERE \`Action\` = 'RemoveExistingProducts'"
# 8192: the command line, with the pairing code in it, stays out of the log.
query "UPDATE \`CustomAction\` SET \`Type\` = 11282 WHERE \`Action\` = 'InstallService'"
query "UPDATE \`Property\` SET \`Value\` = 'WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;PAIR;RELAY;NAME;PURGE' WHERE \`Property\` = 'SecureCustomProperties'"
# The program is found by its name: =- sets at installation and removes at removal, * in the computer's environment.
query "CREATE TABLE \`Environment\` (\`Environment\` CHAR(72) NOT NULL, \`Name\` CHAR(255) NOT NULL LOCALIZABLE, \`Value\` CHAR(255) LOCALIZABLE, \`Component_\` CHAR(72) NOT NULL PRIMARY KEY \`Environment\`)"
query "INSERT INTO \`Environment\` (\`Environment\`, \`Name\`, \`Value\`, \`Component_\`) VALUES ('Path', '=-*Path', '[~];[INSTALLDIR]', 'Agent')"
query "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('RemoveEnvironmentStrings', 3300)"
query "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Sequence\`) VALUES ('WriteEnvironmentStrings', 5200)"
mkdir -p "$out"
mv "$tree/agent.msi" "$out/printrail-agent-$version-x64.msi"
echo "$out/printrail-agent-$version-x64.msi"
