# An agent without a package: `service install` in one command, then signed updates that run, fall, hang or are forged,
# with a ticket waiting all the while. Sourced by second.sh; $new is the program's place.
new=/usr/local/bin/printrail-agent
releases=/root/updates

dpkg -P printrail-agent || fail "the package goes"
hash -r
code=$(printrail-relay enrol --outlet bistro --station kitchen) || fail "a pairing code"
mkdir -p /etc/printrail
cat >/etc/printrail/agent.toml <<TOML
[update]
public_key = "$(tail -n 1 $releases/key.pub)"

[[station]]
name = "kitchen"
printer = "grill"

[[printer]]
name = "grill"
address = "tcp://127.0.0.1:9100"
profile = "generic-80"
TOML
/opt/printrail/agent service install "$code" --relay ws://127.0.0.1:8080 || fail "service install without a package"
check "one command pairs, copies, installs, starts and connects" within 30 live
order u-1
# The relay gives a station to another computer once its own has been away for 30 s.
check "the station of the computer before prints at its replacement" within 60 papers_are 8

systemctl stop grill
order u-2
held() { printrail-agent jobs list --json | grep -q '"state":"held"'; }
check "a ticket waits for the printer" within 30 held
own=$(sha256sum <$new)
is_own() { [ "$(sha256sum <$new)" = "$own" ]; }
update() { $new update "$releases/$1/printrail-agent-linux-$(uname -m)" --within "${2:-60}" >/root/update.said 2>&1; }

update forged
check "a forged release is refused with 10" test $? = 10
check "and nothing changed" is_own
update crash 20
check "a version that falls at its start is refused with 10" test $? = 10
check "the one before it is back" is_own
check "and connected" within 60 live
check "it says so" grep -q 'did not come up' /root/update.said
update hang 10
check "a version that hangs is refused with 10" test $? = 10
check "the one before it is back" is_own
check "and connected" within 60 live

# The power goes in the middle of an update: nobody is left to go back but the service's own start.
$new update "$releases/crash/printrail-agent-linux-$(uname -m)" --within 600 >/root/update.said 2>&1 &
updating=$!
within 60 sh -c "! cmp -s $new /opt/printrail/agent" || fail "the new version is in its place"
kill -9 $updating
# As after the power is back.
systemctl --no-block restart printrail-agent
check "an update that was cut off is taken back by the next starts" within 90 is_own
check "and it connects" within 60 live
check "nothing is on trial any more" within 60 test ! -e /var/lib/printrail-agent/update.json

update good
check "a signed version is installed" test $? = 0
check "the new version is in its place" sh -c "! cmp -s $new /opt/printrail/agent"
check "and connected" within 60 live
check "nothing is on trial any more" test ! -e /var/lib/printrail-agent/update.json
check "the ticket still waits" held
start_printer
check "it is on paper, once" within 60 papers_are 9
$new.previous update --rollback || fail "the way back"
check "the program from before is back" is_own
check "and connected" within 60 live
order u-3
check "a new order is on paper" within 30 papers_are 10
$new service uninstall || fail "uninstall"
check "uninstalled, only configuration, token and spool are left" sh -c '! ls /usr/local/bin /etc/systemd/system | grep -q printrail-agent'
