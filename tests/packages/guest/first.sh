#!/bin/bash
# Install, pair, print, kill, hang, upgrade with tickets waiting.
. /root/lib.sh
cd /root

dpkg -i first/printrail-relay_*.deb first/printrail-agent_*.deb || fail "the packages install"
ok "the packages install"
check "the agent does not start unpaired" agent_is inactive

printrail-relay init --outlet bistro --name Bistro --timezone Asia/Jakarta || fail "init"
systemctl enable --now printrail-relay || fail "the relay's service starts"
check "the relay is ready" curl -sf http://127.0.0.1:8080/readyz -o /dev/null
check "the relay's files are its own user's" test -z "$(find /var/lib/printrail-relay ! -user printrail-relay)"
printrail-relay token create --outlet bistro --role pos >pos.token || fail "a token"

code=$(printrail-relay enrol --outlet bistro --station kitchen) || fail "a pairing code"
cat >>/etc/printrail/agent.toml <<'TOML'

[[station]]
name = "kitchen"
printer = "grill"

[[printer]]
name = "grill"
address = "tcp://127.0.0.1:9100"
profile = "generic-80"
TOML
start_printer
printrail-agent service install "$code" --relay ws://127.0.0.1:8080 || fail "service install"
check "one command pairs, installs, starts and connects" live
check "the token is its own user's alone" test "$(stat -c '%a %U' /etc/printrail/agent.token)" = "600 printrail-agent"
check "a used code is refused with 5" test "$(printrail-agent pair "$code" 2>/dev/null; echo $?)" = 5
check "nobody else may ask the agent" test "$(setpriv --reuid=nobody --regid=nogroup --clear-groups printrail-agent status 2>/dev/null; echo $?)" = 4
check "systemd knows its state" grep -q 'connected for kitchen' <(systemctl show printrail-agent -p StatusText)

order a-1
check "an order is on paper" within 20 papers_are 1

before=$(restarts)
systemctl kill -s KILL printrail-agent
check "killed, it is started again" within 20 restarted_after "$before"
within 20 live || fail "it connects again"
order a-2
check "and prints" within 20 papers_are 2

before=$(restarts)
begun=$SECONDS
systemctl kill -s STOP printrail-agent
check "hung, the watchdog starts it again within 30 s" within 30 restarted_after "$before"
echo "# after $((SECONDS - begun)) s"
within 20 live || fail "it connects again"
order a-3
check "and prints" within 20 papers_are 3

for unit in printrail-agent printrail-relay; do
    exposure=$(systemd-analyze security "$unit" --no-pager | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
    check "$unit is exposed $exposure, at most 2.0" awk "BEGIN { exit !($exposure <= 2.0) }"
done

systemctl stop grill
order a-4
order a-5
waiting() { [ "$(printrail-agent jobs list --json | grep -o '"state":"held"' | wc -l)" = 2 ]; }
check "two tickets wait for the printer" within 30 waiting
cp /etc/printrail/agent.toml before.toml
dpkg -i second/printrail-agent_*.deb second/printrail-relay_*.deb || fail "the upgrade installs"
check "the upgrade keeps the configuration" cmp -s before.toml /etc/printrail/agent.toml
check "the new version runs" within 20 live
check "the tickets still wait" within 20 waiting
echo done
