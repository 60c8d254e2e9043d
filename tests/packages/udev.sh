#!/usr/bin/env bash
# Boots a whole computer (QEMU, Debian's kernel, systemd, udevd) with the packages installed and a USB printer plugged in:
# the rule gives the printer to the agent's user and to nobody else, and the hardened service prints on it. The printer's
# paper end is the virtual printer. By command, after `packages_install` and `usb_guest_install`:
#   tests/packages/udev.sh FOLDER VIRTUAL-PRINTER KERNEL, with FOLDER/root.tar, FOLDER/first/*.deb and KERNEL as
#   tests/usb/ci.sh unpacks it
set -euo pipefail
folder=$(cd "$1" && pwd)
printer=$2
kernel=$(cd "$3" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
version=$(cat "$kernel/version")
work=$(mktemp -d "$folder/udev.XXXXXX")
trap 'rm -rf "$work"' EXIT

# insmod's order, each module once: modules MODULE…
modules() {
    local module
    for module in "$@"; do
        modprobe -d "$kernel" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
    done | awk '!seen[$0]++'
}

# What mounts the disk and hands over to systemd; the gadget's modules are there before udevd looks.
early() {
    mkdir -p "$work/early"/{bin,proc,sys,dev,mnt,modules}
    cp /bin/busybox "$work/early/bin/"
    modules virtio_pci virtio_blk ext4 dummy_hcd usb_f_printer | while read -r module; do
        cp "$module" "$work/early/modules/"
        echo "/modules/$(basename "$module")"
    done >"$work/early/modules.list"
    cat >"$work/early/init" <<'INIT'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
while read -r module; do busybox insmod "$module" || echo "no $module"; done </modules.list
until [ -b /dev/vda ]; do busybox sleep 0.1; done
busybox mount -t ext4 /dev/vda /mnt
busybox umount /proc
busybox umount /sys
busybox mount --move /dev /mnt/dev
exec busybox switch_root /mnt /lib/systemd/systemd
INIT
    chmod +x "$work/early/init"
    (cd "$work/early" && find . -print0 | cpio --null -o -H newc --quiet) | gzip -1 >"$work/initrd.gz"
}

disk() {
    local root="$work/root"
    mkdir "$root"
    tar -C "$root" -xf "$folder/root.tar"
    mkdir -p "$root/root/first" "$root/usr/local/bin" "$root/etc/systemd/system/graphical.target.wants"
    cp "$folder"/first/*.deb "$root/root/first/"
    cp "$printer" "$root/usr/local/bin/printrail-virtual-printer"
    cp "$here"/guest/{lib,run,udev}.sh "$root/root/"
    cp "$here/guest/selftest.service" "$root/etc/systemd/system/"
    ln -s ../selftest.service "$root/etc/systemd/system/graphical.target.wants/"
    ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
    echo udev >"$root/root/phase"
    mke2fs -q -t ext4 -d "$root" "$work/disk" "$(($(du -sm "$root" | cut -f1) + 400))M"
}

early
disk
timeout 600 qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 1024 -nic none -nographic -no-reboot \
    -kernel "$kernel/boot/vmlinuz-$version" -initrd "$work/initrd.gz" -append "console=ttyS0 quiet panic=-1 net.ifnames=0" \
    -drive "file=$work/disk,format=raw,if=virtio" </dev/null >"$folder/udev-boot.log" 2>&1 || true
debugfs -R "cat /root/udev.log" "$work/disk" 2>/dev/null | tee "$work/said"
if ! grep -q '^done$' "$work/said" || grep -q '^not ok' "$work/said"; then
    tail -30 "$folder/udev-boot.log"
    echo "packages: the computer with a USB printer failed"
    exit 1
fi
echo "packages: $(grep -c '^ok' "$work/said") checks passed on a computer with udev and a USB printer"
