# packaging/examples/nginx.conf in a real nginx: sourced by .ci/run, which gives $work and retry.
# shellcheck shell=bash disable=SC2154

proxy_install() {
    export DEBIAN_FRONTEND=noninteractive
    command -v nginx >/dev/null || retry apt-get update -q
    command -v nginx >/dev/null || retry apt-get install -y -q --no-install-recommends nginx-light openssl
    [ -e "$work/sockets/node_modules" ] && return
    mkdir -p "$work/sockets"
    cp tests/sockets/package.json tests/sockets/package-lock.json "$work/sockets/"
    (cd "$work/sockets" && retry npm install --no-audit --no-fund --silent)
}

proxy_suite() {
    release_build
    NODE_PATH="$work/sockets/node_modules" RELAY="$PWD/target/release/printrail-relay" timeout 300 node --test tests/proxy/
}
