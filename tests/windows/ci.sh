# shellcheck shell=bash
# The agent for Windows, cross-compiled, and a ticket through the Windows spooler under Wine. By command, since the
# build takes longer than all the rest together:
#   bash -c 'set -euo pipefail; . tests/windows/ci.sh; windows_install; windows_build; windows_suite'
# Debian's own compiler brings the sources of std for another target; Wine's spooler hands raw jobs to CUPS.

windows_target=x86_64-pc-windows-gnu
windows_scratch="$PWD/target/windows"

windows_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q || { sleep 5; apt-get update -q; }
    apt-get install -yq --no-install-recommends rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 \
        g++-mingw-w64-x86-64 wine64 cups
    mkdir -p "$windows_scratch"
    x86_64-w64-mingw32-gcc -shared -O1 -o "$windows_scratch/bcryptprimitives.dll" tests/windows/bcryptprimitives.c -ladvapi32
}

windows_build() {
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc \
        /usr/bin/cargo build --release --locked -p agent --target "$windows_target" -Zbuild-std=std,panic_abort
    cargo build --locked -p virtual-printer
}

windows_suite() {
    tests/windows/spool.sh "$PWD/target/$windows_target/release/printrail-agent.exe" \
        "$PWD/target/debug/printrail-virtual-printer" "$windows_scratch/bcryptprimitives.dll"
}
