# A certificate by ACME from an authority that none of us wrote: sourced by .ci/run, which gives $work and retry.
# shellcheck shell=bash disable=SC2154

tls_install() {
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get install -y -q --no-install-recommends pebble curl openssl
}

tls_suite() {
    release_build
    tests/tls/acme.sh "$PWD/target/release/printrail-relay" "$work/acme"
}
