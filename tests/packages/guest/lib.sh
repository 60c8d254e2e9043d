# Checks and small tools of both phases; each check is one line of the log.

ok() { echo "ok - $1"; }
fail() {
    echo "not ok - $1"
    cat /root/answer; printrail-relay jobs list --outlet bistro; ls -la /root/paper; tail -n 30 /root/paper/*.txt; printrail-agent jobs list; printrail-agent status
    journalctl -u grill -u printrail-agent -u printrail-relay --no-pager -o cat | tail -40
    exit 1
}
check() { # check "what" command …
    local what=$1
    shift
    if "$@"; then ok "$what"; else fail "$what"; fi
}
within() { # within SECONDS command …
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.2
    done
}

paper() { cat /root/paper/*.txt 2>/dev/null | grep -c "Nasi Goreng" || true; }
papers_are() { [ "$(paper)" = "$1" ]; }
start_printer() {
    mkdir -p /root/paper
    systemd-run --quiet --unit=grill --collect /usr/local/bin/printrail-virtual-printer \
        --listen 127.0.0.1:9100 --out /root/paper
}
order() { # order ID: accepted, or the test ends
    local answer
    answer=$(curl -s -o /root/answer -w '%{http_code}' http://127.0.0.1:8080/api/orders \
        -H "Authorization: Bearer $(cat /root/pos.token)" -H 'Content-Type: application/json' \
        -d "{\"id\":\"$1\",\"tableId\":\"12\",\"orderType\":\"dine-in\",\"paymentMethod\":\"cash\",\"items\":[{\"name\":\"Nasi Goreng\",\"quantity\":1,\"unitPrice\":25000,\"workstation\":\"kitchen\"}]}")
    [ "$answer" = 201 ] || { cat /root/answer; fail "order $1 is accepted (HTTP $answer)"; }
}
agent_is() { [ "$(systemctl is-active printrail-agent)" = "$1" ]; }
live() { printrail-agent status --json 2>/dev/null | grep -q '"state":"live"'; }
restarts() { systemctl show printrail-agent -p NRestarts --value; }
restarted_after() { [ "$(restarts)" -gt "$1" ] && agent_is active; }
