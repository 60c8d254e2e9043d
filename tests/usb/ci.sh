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
    gcc -O1 -Wall -Wextra -Werror -o "$usb_scratch/usbsim" tests/usb/usbsim.c tests/usb/calls.c \
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

# One guest, without a network, that ends by itself.
usb_guest_install() {
    usb_apt qemu-system-x86 busybox-static kmod cpio gzip
    local kernel="$usb_scratch/kernel" package
    if [ ! -e "$kernel/version" ]; then
        package=$(apt-cache search --names-only '^linux-image-[0-9.]+-[0-9]+-amd64$' | awk '{print $1}' | sort -V | tail -1)
        rm -rf "$kernel"
        mkdir -p "$kernel"
        (cd "$kernel" && usb_retry apt-get download -q "$package" && dpkg-deb -x "${package}"_*.deb .)
        rm "$kernel"/*.deb
        depmod -b "$kernel" "${package#linux-image-}"
        echo "${package#linux-image-}" >"$kernel/version"
    fi
}

# usb_initrd OUT MODULE... -- PROGRAM...: busybox, the modules and what they need, the programs and their libraries.
usb_initrd() {
    local out=$1 root="$usb_scratch/root" version module program library
    version=$(cat "$usb_scratch/kernel/version")
    shift
    rm -rf "$root"
    mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,modules}
    cp /bin/busybox "$root/bin/"
    for program in $(/bin/busybox --list); do
        [ "$program" = busybox ] || ln -sf busybox "$root/bin/$program"
    done
    while [ "$1" != -- ]; do
        modprobe -d "$usb_scratch/kernel" -S "$version" --show-depends "$1" | awk '$1 == "insmod" {print $2}'
        shift
    done | awk '!seen[$0]++' | while read -r module; do
        cp "$module" "$root/modules/"
        echo "/modules/$(basename "$module")"
    done >"$root/etc/modules"
    while [ "$1" != -- ]; do shift; done
    shift
    for program in "$@"; do
        strip -o "$root/bin/$(basename "$program" | sed 's/-[0-9a-f]\{16\}$//')" "$program"
        ldd "$program" | grep -oE '/[^ ]+' | while read -r library; do
            mkdir -p "$root$(dirname "$library")"
            cp -nL "$library" "$root$library" || true
        done
    done
    cp tests/usb/guest-init.sh "$root/init"
    chmod +x "$root/init"
    (cd "$root" && find . -print0 | cpio --null -o -H newc --quiet) | gzip -1 >"$out"
}

usb_guest_suite() {
    local version program log="$usb_scratch/guest.log" papers="$usb_scratch/papers" printer
    version=$(cat "$usb_scratch/kernel/version")
    cargo build --locked -p agent -p virtual-printer
    program=$(cargo test --locked -p agent --test guest_usb --no-run --message-format=json |
        sed -n 's/.*"executable":"\([^"]*guest_usb-[^"]*\)".*/\1/p' | tail -1)
    usb_initrd "$usb_scratch/initrd.gz" dummy_hcd usb_f_printer uhci-hcd ftdi_sio usblp -- \
        "$program" "$PWD/target/debug/printrail-agent"
    # The printer behind the guest's serial adapter is out here.
    rm -rf "$papers" "$usb_scratch/printer.log"
    mkdir -p "$papers"
    "$PWD/target/debug/printrail-virtual-printer" --listen 127.0.0.1:0 --out "$papers" >"$usb_scratch/printer.log" &
    printer=$!
    until grep -qs '^listening' "$usb_scratch/printer.log"; do
        kill -0 "$printer"
        sleep 0.1
    done
    timeout 150 qemu-system-x86_64 -accel tcg,thread=multi -m 768 -nic none -nographic -no-reboot \
        -kernel "$usb_scratch/kernel/boot/vmlinuz-$version" -initrd "$usb_scratch/initrd.gz" \
        -append "console=ttyS0 quiet panic=-1" -usb \
        -chardev "socket,id=line,host=127.0.0.1,port=$(sed -n 's/^listening on .*://p' "$usb_scratch/printer.log")" \
        -device usb-serial,chardev=line </dev/null >"$log" 2>&1 || true
    kill "$printer"
    tr -d '\r' <"$log" | grep -aE '^(test|guest:|running|---- |thread|assertion|  left|  right)|panicked|bytes,' || cat "$log"
    grep -qa 'guest: ended with 0' "$log"
    ! grep -qa 'the kernel complained' "$log"
    # What the guest printed over its serial adapter came out here, each once.
    local order
    for order in 01 02 03 04; do
        [ "$(grep -l "Margherita serial-$order" "$papers"/*.txt | wc -l)" = 1 ]
    done
}
