# shellcheck shell=bash
# The agent for arm64, cross-compiled, and a ticket printed by it in an emulated computer. By command, since the build
# takes longer than all the rest together:
#   bash -c 'set -euo pipefail; . tests/arm/ci.sh; arm_install; arm_build; arm_suite'
# Debian's own compiler brings the sources of std for another target; ARM_PROFILE=small makes what is shipped.

arm_target=aarch64-unknown-linux-gnu
arm_profile=${ARM_PROFILE:-dev}

arm_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q || { sleep 5; apt-get update -q; }
    apt-get install -yq --no-install-recommends rustc-web cargo-web rust-web-src gcc-aarch64-linux-gnu \
        g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
}

arm_build() {
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        /usr/bin/cargo build --profile "$arm_profile" --locked -p agent --target "$arm_target" -Zbuild-std=std,panic_abort
    cargo build --locked -p relay -p virtual-printer
}

arm_suite() {
    local folder=$arm_profile
    [ "$folder" = dev ] && folder=debug
    tests/arm/print.sh "$PWD/target/$arm_target/$folder/printrail-agent" "$PWD/target/debug"
}
