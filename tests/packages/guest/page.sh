#!/bin/bash
# docs/install-linux.md from top to bottom, as it stands there: the relay with TLS by a certificate of one's own, a
# computer with a printer, upgrade, removal. Root needs no sudo, and the printer is the virtual one.
. /root/lib.sh
cd /root
export DEBIAN_FRONTEND=noninteractive
page=/root/install-linux.md

# line TEXT [FROM=TO]…: the page's one line of commands that begins so, with its placeholders filled in.
line() {
    local shown command filled
    shown=$(grep -m1 -F -- "$1" "$page") || fail "the page has \`$1\`"
    shown=$(sed 's/^`//; s/`.*//; s/ *#.*//' <<<"$shown")
    shift
    command=${shown#sudo }
    command=${command/apt /apt-get -qq -y }
    for filled in "$@"; do command=${command//${filled%%=*}/${filled#*=}}; done
    echo "> $shown"
    bash -c "$command" >/root/answer 2>&1 || { cat /root/answer; fail "$shown"; }
    ok "$shown"
}
says() { grep -q -- "$1" /etc/printrail/relay.toml || { cat /etc/printrail/relay.toml; fail "relay.toml says $1"; }; }

# A certificate of one's own, from an authority that this computer trusts.
certificate() {
    local ca=/usr/local/share/ca-certificates/bistro.crt
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Bistro CA' \
        -keyout ca.key -out "$ca" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=orders.bistro.example' \
        -keyout /etc/printrail/relay.key -out relay.csr 2>/dev/null
    openssl x509 -req -in relay.csr -CA "$ca" -CAkey ca.key -CAcreateserial -days 30 -out /etc/printrail/relay.crt \
        -extfile <(echo subjectAltName=DNS:orders.bistro.example) 2>/dev/null
    chown printrail-relay /etc/printrail/relay.{key,crt}
    update-ca-certificates >/dev/null 2>&1
    echo '127.0.0.1 orders.bistro.example' >>/etc/hosts
}

cp first/*.deb second/*.deb .
rm -rf paper
start_printer

line 'sudo apt install ./printrail-relay_0.1.0'
line 'sudo printrail-relay init --outlet bistro'
line 'sudo systemctl enable --now printrail-relay'
line 'printrail-relay doctor'
certificate
line 'sudo printrail-relay init --domain orders.bistro.example --acme-email'
says acme
line 'sudo printrail-relay init --domain orders.bistro.example --behind-proxy'
says trusted_proxies
line 'sudo printrail-relay init --domain orders.bistro.example --cert'
says relay.crt
systemctl restart printrail-relay || fail "it restarts"
check "the relay answers by TLS on port 443" within 30 curl -sf https://orders.bistro.example/readyz -o /dev/null

line 'sudo apt install ./printrail-agent_0.1.0'
code=$(printrail-relay enrol --outlet bistro --station kitchen) || fail "a pairing code"
line 'sudo printrail-agent service install CODE' "CODE=$code"
line 'sudo printrail-agent printers scan'
line 'sudo printrail-agent printers add grill' 192.168.1.50=127.0.0.1
check "the agent is connected by TLS" within 60 live
line 'sudo printrail-agent printers test grill'
tested() { cat paper/*.txt 2>/dev/null | grep -qi 'kitchen'; }
check "the test ticket is on paper" within 30 tested
printrail-relay token create --outlet bistro --role pos >pos.token || fail "a token"
curl -sf -o /dev/null https://orders.bistro.example/api/orders -H "Authorization: Bearer $(cat pos.token)" \
    -H 'Content-Type: application/json' \
    -d '{"paymentMethod":"cash","items":[{"name":"Nasi Goreng","quantity":1,"unitPrice":3,"workstation":"kitchen"}]}' ||
    fail "an order is accepted"
check "an order is on paper" within 30 papers_are 1

cp /etc/printrail/agent.toml before.toml
line '`apt install ./printrail-agent_0.1.1'
check "the upgrade keeps the configuration" cmp -s before.toml /etc/printrail/agent.toml
check "and connects again" within 60 live
check "it says that updates come with the package" sh -c 'printrail-agent update --check 2>&1 | grep -q apt'
apt-get -qq -y remove printrail-agent >/dev/null 2>&1 || fail "apt remove"
check "removed, configuration and spool stay" test -e /etc/printrail/agent.toml -a -e /var/lib/printrail-agent/spool.db
# What a person put there is the person's to take away.
rm /etc/printrail/relay.key /etc/printrail/relay.crt
apt-get -qq -y purge printrail-agent printrail-relay >/dev/null 2>&1 || fail "apt purge"
check "purged, nothing stays" test ! -e /etc/printrail/agent.toml -a ! -e /var/lib/printrail-agent -a ! -e /var/lib/printrail-relay
systemctl stop grill
rm -f ./*.deb
echo done
