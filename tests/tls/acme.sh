#!/usr/bin/env bash
# A certificate by ACME from Pebble, the authority that Let's Encrypt tests with: tests/tls/acme.sh RELAY FOLDER
set -euo pipefail
relay=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
domain=orders.bistro.test

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
authority=$(free) management=$(free) challenge=$(free) dns=$(free)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true' EXIT

# The authority's own certificate, which the relay is told to believe.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$folder/authority.key" -out "$folder/authority.pem" 2>/dev/null
cat >"$folder/pebble.json" <<JSON
{"pebble": {"listenAddress": "127.0.0.1:$authority", "managementListenAddress": "127.0.0.1:$management",
 "certificate": "$folder/authority.pem", "privateKey": "$folder/authority.key", "httpPort": 1, "tlsPort": $challenge}}
JSON
pebble-challtestsrv -defaultIPv4 127.0.0.1 -defaultIPv6 "" -dns01 "127.0.0.1:$dns" -http01 "" -https01 "" -tlsalpn01 "" \
    -management "127.0.0.1:$(free)" >"$folder/dns.log" 2>&1 &
children+=($!)
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 pebble -config "$folder/pebble.json" -dnsserver "127.0.0.1:$dns" >"$folder/pebble.log" 2>&1 &
children+=($!)

rm -rf "$folder/data"
mkdir -p "$folder/data"
cat >"$folder/data/relay.toml" <<TOML
[tls]
acme_domains = ["$domain"]
acme_email = "manager@bistro.test"
acme_directory = "https://localhost:$authority/dir"
acme_ca_file = "$folder/authority.pem"
TOML
"$relay" serve --data "$folder/data" --listen "127.0.0.1:$challenge" >"$folder/relay.out" 2>"$folder/relay.log" &
children+=($!)

roots() { curl -sk "https://127.0.0.1:$management/roots/0"; }
served() {
    roots >"$folder/root.pem" &&
        curl -sf --cacert "$folder/root.pem" --resolve "$domain:$challenge:127.0.0.1" "https://$domain:$challenge/healthz" -o "$folder/answer"
}
for _ in $(seq 150); do
    if served; then
        grep -q '"ok"' "$folder/answer"
        grep -q "^listening on https://127.0.0.1:$challenge" "$folder/relay.out"
        # The command line beside it needs no certificate.
        "$relay" outlets --data "$folder/data" >/dev/null
        [ -n "$(ls "$folder/data/acme")" ]
        echo "acme: a certificate for $domain was asked for, proved and served"
        exit 0
    fi
    sleep 0.2
done
echo "acme: no certificate came"
tail -n 20 "$folder/relay.log" "$folder/pebble.log"
exit 1
