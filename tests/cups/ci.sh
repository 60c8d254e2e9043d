# shellcheck shell=bash
# The agent prints through a real CUPS to the virtual printer: sourced by .ci/run from the workspace's root, and
# usable alone:
#   bash -c 'set -euo pipefail; . tests/cups/ci.sh; cups_install; cups_suite'

cups_install() {
    [ -x /usr/sbin/cupsd ] && [ -x /usr/lib/cups/backend/socket ] && return
    apt-get update -q || { sleep 5; apt-get update -q; }
    DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends cups
}

cups_suite() {
    CUPSD=/usr/sbin/cupsd cargo test --locked -p agent --test cups -- --ignored
}
