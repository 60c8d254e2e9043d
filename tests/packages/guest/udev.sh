#!/bin/bash
# A USB printer of the kernel's own parts: plugged in, given to the agent by udev, printed on by its service.
. /root/lib.sh
cd /root

gadget=/sys/kernel/config/usb_gadget/printer
build_printer() {
    mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
    mkdir -p $gadget/strings/0x409 $gadget/configs/c.1/strings/0x409 $gadget/functions/printer.0
    echo 0x04b8 >$gadget/idVendor
    echo 0x0202 >$gadget/idProduct
    echo EPSON >$gadget/strings/0x409/manufacturer
    echo TM-T88V >$gadget/strings/0x409/product
    echo GRILL0001 >$gadget/strings/0x409/serialnumber
    echo 'MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;' >$gadget/functions/printer.0/pnp_string
    echo 10 >$gadget/functions/printer.0/q_len
    ln -s $gadget/functions/printer.0 $gadget/configs/c.1/
}
plug_in() {
    ls /sys/class/udc >$gadget/UDC
    within 20 test -e /dev/g_printer0 || fail "the printer's own end is there"
    # What the computer sends to the printer is printed, and what the printer says goes back.
    systemd-run --quiet --unit=cable --collect socat /dev/g_printer0 TCP:127.0.0.1:9100
    udevadm settle
}
node() {
    local device
    device=$(grep -lsx GRILL0001 /sys/bus/usb/devices/*/serial) || return 1
    device=${device%/serial}
    printf '/dev/bus/usb/%03d/%03d' "$(cat "$device/busnum")" "$(cat "$device/devnum")"
}
its_own() { [ "$(stat -c '%U %a' "$(node)")" = "printrail-agent 600" ]; }
opens() { setpriv --reuid="$1" --regid="$2" --clear-groups bash -c "exec 3<>$(node)" 2>/dev/null; }

dpkg -i first/printrail-relay_*.deb first/printrail-agent_*.deb || fail "the packages install"
ok "the packages install"
printrail-relay init --outlet bistro --name Bistro --timezone Asia/Jakarta || fail "init"
systemctl enable --now printrail-relay || fail "the relay's service starts"
printrail-relay token create --outlet bistro --role pos >pos.token || fail "a token"

start_printer
build_printer
plug_in
check "udev gives the printer to the agent's user" within 30 its_own
check "the agent's user may open it" opens printrail-agent printrail-agent
opens nobody nogroup && fail "nobody else may open it"
ok "nobody else may open it"

printrail-agent printers scan | tee scan
check "the scan finds it" grep -q 'GRILL0001' scan
address=$(grep -o 'usb:[^ ]*GRILL0001' scan | head -1)
printrail-agent printers add grill "$address" --station kitchen || fail "printers add $address"
code=$(printrail-relay enrol --outlet bistro --station kitchen) || fail "a pairing code"
printrail-agent service install "$code" --relay ws://127.0.0.1:8080 || fail "service install"
check "the service runs and is connected" within 60 live
order u-1
check "an order is on its paper" within 90 papers_are 1

systemctl stop cable
echo >$gadget/UDC
order u-2
held() { printrail-agent jobs list --json | grep -q '"state":"held"'; }
check "unplugged, the next ticket waits" within 90 held
plug_in
check "plugged in again, the printer is the agent's again" within 30 its_own
check "and the ticket is on paper, once" within 90 papers_are 2
echo done
