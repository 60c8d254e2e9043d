#!/bin/bash
# After a reboot: everything runs by itself, what waited prints once; then remove and purge.
. /root/lib.sh
cd /root

check "the relay is back by itself" within 30 curl -sf http://127.0.0.1:8080/readyz -o /dev/null
check "the agent is back by itself" within 30 live
check "its first line says what the spool held" grep -q 'the spool holds' <(journalctl -b -u printrail-agent -o cat)
start_printer
check "what waited is on paper" within 60 papers_are 5
order b-1
check "a new order is on paper" within 20 papers_are 6
sleep 3
check "nothing twice" papers_are 6
check "every ticket says which it is, once" test "$(cat paper/*.txt | grep -c 'POSSIBLE DUPLICATE')" = 0

check "stop and start" sh -c 'printrail-agent service stop && ! systemctl -q is-active printrail-agent && printrail-agent service start'
check "status says that it runs" sh -c 'printrail-agent service status | grep -q "active (running)"'
check "a package's service is the package's to remove" test "$(printrail-agent service uninstall 2>/dev/null; echo $?)" = 1

. /root/trouble.sh
mkdir -p /opt/printrail && cp /usr/bin/printrail-agent /opt/printrail/agent
check "a package's program is the package manager's to update" sh -c 'printrail-agent update --check 2>&1 | grep -q "apt install --only-upgrade printrail-agent"'
. /root/update.sh
dpkg -i second/printrail-agent_*.deb || fail "the package comes back"

dpkg -r printrail-agent printrail-relay || fail "remove"
check "removed, nothing runs" sh -c '! readlink /proc/*/exe | grep -q /usr/bin/printrail'
check "removed, the configuration stays" test -e /etc/printrail/agent.toml -a -e /etc/printrail/relay.toml -a -e /var/lib/printrail-agent/spool.db
dpkg -P printrail-agent printrail-relay || fail "purge"
rm -f /opt/printrail/agent
check "purged, the data is gone" test ! -e /etc/printrail -a ! -e /var/lib/printrail-agent -a ! -e /var/lib/printrail-relay
systemctl stop grill
echo done
