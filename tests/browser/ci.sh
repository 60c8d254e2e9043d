# shellcheck shell=bash
# The relay's own module in a real browser: what that needs, and the suite. Sourced by .ci/run from the workspace's root.

browser_scratch="$PWD/target/ci/browser"

browser_retry() { "$@" || { sleep 10; "$@"; }; }

browser_install() {
    mkdir -p "$browser_scratch"
    if ! [ -x /usr/bin/chromium ]; then
        browser_retry apt-get update -q
        DEBIAN_FRONTEND=noninteractive browser_retry apt-get install -yq --no-install-recommends chromium
    fi
    cp tests/browser/package.json "$browser_scratch/"
    (cd "$browser_scratch" && browser_retry npm install --no-audit --no-fund --silent)
    release_build
}

browser_suite() {
    NODE_PATH="$browser_scratch/node_modules" RELAY="$PWD/target/release/printrail-relay" \
        timeout 600 node --test tests/browser/
}
