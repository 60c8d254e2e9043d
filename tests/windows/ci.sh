# shellcheck shell=bash
# The agent for Windows. `.ci/run` compiles it as far as the compiler's opinion goes, so that code for Windows cannot
# rot; the whole is built and tried under Wine by command, nightly-style, since it takes longer than CI has:
#   bash -c 'set -euo pipefail; . tests/windows/ci.sh; windows_install; windows_build; windows_suite'
# Debian's own compiler brings the sources of std for another target.

windows_target=x86_64-pc-windows-gnu
# Kept between runs: the dependencies are compiled once.
windows_folder="$PWD/target/windows"

windows_apt() {
    export DEBIAN_FRONTEND=noninteractive
    dpkg -s "$@" >/dev/null 2>&1 && return
    apt-get update -q || { sleep 10; apt-get update -q; }
    apt-get install -yq --no-install-recommends "$@" || { sleep 10; apt-get install -yq --no-install-recommends "$@"; }
}

windows_cargo() { # windows_cargo COMMAND FLAG…
    local command=$1
    shift
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc \
        CARGO_PROFILE_DEV_DEBUG=false /usr/bin/cargo "$command" --locked -p agent --target "$windows_target" \
        -Zbuild-std=std,panic_abort "$@"
}

windows_check_install() {
    windows_apt rustc-web cargo-web rust-web-src
}

# Nothing is linked in a check, so that no C has to be compiled either.
windows_check() {
    mkdir -p "$windows_folder"
    CC_x86_64_pc_windows_gnu=true AR_x86_64_pc_windows_gnu=true \
        windows_cargo check --target-dir "$windows_folder/check" --message-format short 2>&1 | tee "$windows_folder-check.log"
    ! grep -q '^agent/.* warning' "$windows_folder-check.log" || { echo "windows: the agent compiles with warnings"; return 1; }
}

windows_install() {
    windows_apt rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 wine64 cups nsis wixl msitools
    mkdir -p "$windows_folder"
    x86_64-w64-mingw32-gcc -shared -O1 -o "$windows_folder/bcryptprimitives.dll" tests/windows/bcryptprimitives.c -ladvapi32
}

# WINDOWS_PROFILE=release for what is given to others.
windows_build() {
    windows_cargo build --target-dir "$windows_folder" --profile "${WINDOWS_PROFILE:-dev}"
    cargo build --locked -p relay -p virtual-printer
}

windows_suite() {
    local built="$windows_folder/$windows_target/${WINDOWS_PROFILE:-debug}" out="$windows_folder/packages" version
    rm -rf "$out"
    for version in 0.1.0 0.1.1; do
        VERSION=$version packaging/windows/msi.sh "$built/printrail-agent.exe" "$out"
        packaging/windows/setup.sh "$out/printrail-agent-$version-x64.msi" "$out"
    done
    ls -l "$built/printrail-agent.exe" "$out"
    tests/windows/spool.sh "$built/printrail-agent.exe" target/debug/printrail-virtual-printer "$windows_folder/bcryptprimitives.dll"
    tests/windows/install.sh "$out" target/debug/printrail-relay target/debug/printrail-virtual-printer "$windows_folder/bcryptprimitives.dll"
}
