# shellcheck shell=bash
# What the agent does on a disk that is too small. Sourced by .ci/run from the workspace's root, and usable alone:
#   bash -c 'set -euo pipefail; . agent/ci.sh; agent_install; agent_suite'

agent_install() {
    # util-linux and coreutils are on every Debian; a namespace of one's own must be allowed.
    unshare --mount --map-root-user true
}

agent_suite() {
    cargo test --locked -p agent --test small_disk -- --ignored
}
