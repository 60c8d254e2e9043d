# shellcheck shell=bash
# USB and serial printers without the hardware: the agent on a simulated bus, and in a guest with a real kernel's USB
# stack. Sourced by .ci/run from the workspace's root, and usable alone:
#   bash -c 'set -euo pipefail; . tests/usb/ci.sh; usb_install; usb_suite'
# Everything that is not a system package goes to target/usb.

usb_scratch="$PWD/target/usb"

usb_retry() { "$@" || { sleep 10; "$@"; }; }

usb_apt() {
    local missing=() package
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    usb_retry apt-get update -q
    DEBIAN_FRONTEND=noninteractive usb_retry apt-get install -yq --no-install-recommends "${missing[@]}"
}

usb_install() {
    mkdir -p "$usb_scratch"
    usb_apt umockdev libumockdev-dev libglib2.0-dev pkg-config gcc libc6-dev
    # shellcheck disable=SC2046 # the flags are many words
    gcc -O1 -Wall -Wextra -Werror -o "$usb_scratch/usbsim" tests/usb/usbsim.c \
        $(pkg-config --cflags --libs umockdev-1.0 glib-2.0)
}

usb_suite() {
    local program
    program=$(cargo test --locked -p agent --test fault_usb --no-run --message-format=json |
        sed -n 's/.*"executable":"\([^"]*fault_usb-[^"]*\)".*/\1/p' | tail -1)
    rm -rf "$usb_scratch/bus"
    mkdir -p "$usb_scratch/bus"
    USBSIM="$usb_scratch/bus/socket" USBSIM_FOLDER="$usb_scratch/bus" timeout 120 \
        umockdev-wrapper "$usb_scratch/usbsim" "$usb_scratch/bus/socket" "$usb_scratch/bus" "$program" --include-ignored
}
