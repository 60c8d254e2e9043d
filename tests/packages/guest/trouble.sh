# docs/troubleshooting.md from top to bottom: each symptom is made, and the page's command shows or mends it. Sourced by
# second.sh, with the printer running, nothing waiting and six tickets on paper.
page=/root/troubleshooting.md
: >/root/followed

# Runs a command as the page has it (root needs no sudo), with its placeholders filled in: page EXIT "command" [FROM=TO]…
page() {
    local wanted=$1 command=$2 shown got
    shift 2
    shown=$command
    grep -qF "\`$shown\`" "$page" || fail "the page has \`$shown\`"
    echo "$shown" >>/root/followed
    for filled in "$@"; do command=${command//${filled%%=*}/${filled#*=}}; done
    bash -c "cd /root; ${command#sudo }" >/root/said 2>&1
    got=$?
    [ "$got" = "$wanted" ] || { cat /root/said; fail "\`$shown\` exits with $wanted, not $got"; }
    ok "$shown"
}
said() { grep -qi "$1" /root/said || { cat /root/said; fail "it says $1"; }; }
status_is() { printrail-agent status >/dev/null 2>&1; [ $? = "$1" ]; }

systemctl stop grill
order t-1
trouble() { printrail-agent jobs list --json | grep -q '"state":"held"'; }
within 60 trouble || fail "a ticket waits"
within 60 status_is 7 || fail "status says that the printer needs a person"
page 1 "sudo printrail-agent doctor"
said 'grill'
page 7 "sudo printrail-agent status"
said 'refuses the connection'
page 0 "sudo printrail-agent jobs list"
said 'held'
start_printer
within 60 papers_are 7 || fail "it goes on by itself"
page 0 "sudo printrail-agent printers test grill"
page 0 "sudo printrail-agent jobs release --all"
page 0 "sudo printrail-agent jobs list --state unconfirmed"
page 0 "sudo printrail-agent printers probe grill"

systemctl stop printrail-relay
within 60 status_is 6 || fail "status says that the relay is away"
page 1 "printrail-relay doctor"
page 1 "sudo printrail-agent doctor --check relay"
page 0 "sudo systemctl start printrail-relay"
within 60 live || fail "it connects again"

printrail-agent service stop
page 3 "printrail-agent service status"
page 0 "sudo printrail-agent service start"
within 60 live || fail "it connects again"

cp /etc/printrail/agent.toml /root/good.toml
sed -i 's/^name = "kitchen"/nome = "kitchen"/' /etc/printrail/agent.toml
page 8 "printrail-agent config check"
said 'nome'
cp /root/good.toml /etc/printrail/agent.toml
cp /etc/printrail/relay.toml /root/good-relay.toml
sed -i 's/^listen = .*/listen = "everywhere"/' /etc/printrail/relay.toml
page 8 "printrail-relay config check"
said 'listen'
cp /root/good-relay.toml /etc/printrail/relay.toml

page 0 "printrail-relay agents list --outlet bistro"
device=$(grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' /root/said | head -1)
printrail-relay agents revoke --outlet bistro "$device" || fail "revoke"
within 60 status_is 5 || fail "status says that it is refused"
page 0 "printrail-relay enrol --outlet bistro --station kitchen"
code=$(grep -oE '^[0-9A-Z]+-[0-9A-Z]+$' /root/said)
page 0 "sudo printrail-agent service install CODE --relay wss://orders.bistro.example" "CODE=$code" wss://orders.bistro.example=ws://127.0.0.1:8080
within 60 live || fail "it is paired anew"

echo '{"items":[{"name":"Soto","workstation":"kitchen"}]}' >/root/order.json
page 0 "printrail-relay stations route --outlet bistro --dry-run order.json" order.json=/dev/stdin\ \</root/order.json
page 0 "printrail-relay token create --outlet bistro --role manager"
page 0 "journalctl -u printrail-agent -n 100"
page 10 "sudo printrail-agent update --rollback"
page 0 "sudo printrail-relay backup /root/relay.tar"
page 0 "sudo printrail-agent bundle"
page 0 "sudo printrail-agent logs -n 100"

# What the page tells to type, and nobody typed here.
grep -oE '`(sudo )?(printrail-(agent|relay)|systemctl|journalctl) [^`]*`' "$page" | tr -d '`' | sort -u >/root/told
left=$(sort -u /root/followed | comm -13 - /root/told | grep -vxF -e 'printrail-agent pair' -e 'printrail-relay restore FILE' || true)
[ -z "$left" ] && ok "every command of the page was followed" || fail "nobody followed: $left"
