# shellcheck shell=bash
# Schemathesis against the relay's own OpenAPI: no 5xx, no answer that is not described, as a manager and as nobody.
# Sourced by .ci/run from the workspace's root, and usable alone:
#   RELAY=target/debug/printrail-relay bash -c 'set -euo pipefail; . tests/api/ci.sh; api_install; api_suite'
# It brings what it needs into target/api.

api_scratch="$PWD/target/api"

# negative_data_rejection and positive_data_acceptance are left out: input is liberal by design (unknown fields are
# ignored, `"7"` is an id like 7), and what an order may become depends on the order, not on the body's schema.
api_checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance
api_checks+=,response_schema_conformance,unsupported_method,allow_header_conformance,missing_required_header
api_checks+=,ignored_auth,use_after_free,ensure_resource_availability

api_retry() { "$@" || { sleep 5; "$@"; }; }

api_install() {
    mkdir -p "$api_scratch"
    python3 -m venv "$api_scratch/venv"
    api_retry "$api_scratch/venv/bin/pip" install --quiet 'schemathesis==4.32.*'
}

# Starts a relay on a free port; sets api_url and api_pid.
api_start() {
    rm -rf "$api_scratch/data"
    mkdir -p "$api_scratch/data"
    printf '[limits]\nrequests_per_second = 0\nstrangers_per_address = 0\n' >"$api_scratch/data/relay.toml"
    "$RELAY" init --data "$api_scratch/data" --outlet demo 2>/dev/null
    "$RELAY" serve --data "$api_scratch/data" --listen 127.0.0.1:0 >"$api_scratch/said" 2>"$api_scratch/log" &
    api_pid=$!
    trap 'kill "$api_pid" 2>/dev/null || true' EXIT
    local tries=0
    until grep -qs "^listening on" "$api_scratch/said"; do
        kill -0 "$api_pid" && [ $((tries += 1)) -lt 200 ] || { cat "$api_scratch/log"; return 1; }
        sleep 0.1
    done
    api_url=$(sed -n 's/^listening on //p' "$api_scratch/said" | head -1)
}

# Things for the paths to find: an order with its job, a table, a dish, a visit, a computer.
api_furnish() {
    local body='{"id": "1", "tableNumber": "C4", "paymentMethod": "cash", "items": [{"id": "1", "name": "Soup", "price": 5}]}'
    local ask=(curl -fsS -o /dev/null -H "authorization: Bearer $api_token" -H 'content-type: application/json')
    "${ask[@]}" -d "$body" "$api_url/api/orders"
    "${ask[@]}" -X PUT -d '{"number": "C4"}' "$api_url/api/tables/1"
    "${ask[@]}" -X PUT -d '{"name": "Tea", "price": 3}' "$api_url/api/menu/1"
    "${ask[@]}" -d '{"tableNumber": "C4"}' "$api_url/api/sessions"
}

# api_run NAME [OPTION …]
api_run() {
    local name=$1
    shift
    echo "--- schemathesis as $name"
    (cd "$api_scratch" && "$api_scratch/venv/bin/st" run "$api_url/api/openapi.json" --checks "$api_checks" \
        --max-examples "${API_EXAMPLES:-25}" --seed 20261120 --request-timeout 35 --max-redirects 0 \
        --warnings off --continue-on-failure "$@")
}

api_suite() {
    RELAY=${RELAY:-$PWD/target/release/printrail-relay}
    api_start
    api_token=$("$RELAY" token create --data "$api_scratch/data" --outlet demo --role manager)
    api_furnish
    api_run manager --header "Authorization: Bearer $api_token"
    api_run nobody --phases examples,coverage
    kill -0 "$api_pid" || { cat "$api_scratch/log"; return 1; }
    kill "$api_pid"
    trap - EXIT
}
