# shellcheck shell=bash
# The pages in a real browser: sourced by .ci/run from the workspace's root, and usable alone:
#   bash -c 'set -euo pipefail; . tests/pages/ci.sh; pages_install; pages_suite'
# Ten minutes of rush instead of twenty seconds: LOAD_S=600. Pictures are left in target/ci/pages.

pages_scratch="$PWD/target/pages"

pages_retry() { "$@" || { sleep 10; "$@"; }; }

pages_install() {
    mkdir -p "$pages_scratch"
    local missing=() package
    # Letters for what the pages are written in: Latin and Arabic.
    for package in chromium fonts-noto-core; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        pages_retry apt-get update -q
        DEBIAN_FRONTEND=noninteractive pages_retry apt-get install -yq --no-install-recommends "${missing[@]}"
    fi
    cp tests/pages/package.json tests/pages/package-lock.json "$pages_scratch/"
    (cd "$pages_scratch" && pages_retry npm install --no-audit --no-fund --silent)
}

# Files one after the other: each measures how long something takes.
pages_suite() {
    release_build
    NODE_PATH="$pages_scratch/node_modules" RELAY="$PWD/target/release/printrail-relay" \
        AGENT="$PWD/target/release/printrail-agent" PRINTER="$PWD/target/release/printrail-virtual-printer" SHOTS="$PWD/target/ci/pages" \
        node --test --test-concurrency=1 --test-timeout=900000 tests/pages/
}
