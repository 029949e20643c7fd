#!/usr/bin/env bash
# Submissions over TLS with AUTH, our node beside Postfix: ./tests/bench/submission.sh [actors-mta] [postfix]
#
# Both take the same load (tests/Actors.Mta.Benchmarks/Submission: STARTTLS, AUTH PLAIN, pipelined envelope) in turns, with the
# same certificate, their queues on one file system, delivering to one smtp-sink by a static route. CPU is that of all processes
# of a peer, ended ones and Dovecot's (Postfix's passwords) too, from the first connection until its queue is delivered.
# Dovecot has the password in the clear, which costs it nothing to check. Prints a Markdown table of medians.
#
# Needs root (Postfix), dovecot, smtp-sink and openssl, and Release builds; no network. Variables: ROUNDS, MESSAGES, SESSIONS,
# SIZE, KEPT (messages on a kept connection), KEY (ec or rsa), IMPLICIT=1 (TLS from the start), BENCH_DIR (where queues go),
# ACTORS_MTA (the program), LOAD (the load source).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=$PATH:/usr/sbin:/sbin DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
rounds=${ROUNDS:-3} messages=${MESSAGES:-5000} sessions=${SESSIONS:-20} size=${SIZE:-4096} kept=${KEPT:-100} key=${KEY:-ec}
mta=${ACTORS_MTA:-$root/src/Actors.Mta.Node/bin/Release/net10.0/mta}
load=${LOAD:-$root/tests/Actors.Mta.Benchmarks/bin/Release/net10.0/Actors.Mta.Benchmarks}
peers=("$@")
((${#peers[@]})) || peers=(actors-mta postfix)
declare -A port=([actors-mta]=29587 [postfix]=29687) implicit_port=([actors-mta]=29465 [postfix]=29665)
sink_port=29025 user=john@a.test password='corr3ct horse' peer_of_cleanup=

fail() { echo "$0: $*" >&2; exit 1; }
[[ $(id -u) == 0 ]] || fail "needs root: Postfix starts as root only"
for program in postfix dovecot smtp-sink openssl; do command -v $program >/dev/null || fail "$program is not installed (tests/run.sh does)"; done
[[ -x $load ]] || fail "no $load: dotnet build -c Release tests/Actors.Mta.Benchmarks"
[[ " ${peers[*]} " != *" actors-mta "* || -x $mta ]] || fail "no $mta: dotnet build -c Release src/Actors.Mta.Node"

# --------------------------------------------------------------------------- accounting: a cgroup for each peer, of either version
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    groups=/sys/fs/cgroup/mta-submission-$$
    cpu_seconds() { awk '/^usage_usec/ { printf "%.3f\n", $2 / 1e6 }' "$groups/$1/cpu.stat"; }
else
    groups=/sys/fs/cgroup/cpuacct/mta-submission-$$
    cpu_seconds() { awk '{ printf "%.3f\n", $1 / 1e9 }' "$groups/$1/cpuacct.usage"; }
fi
within() { # within PEER COMMAND...: runs it, and all that it starts, on the peer's account
    local peer=$1
    shift
    (echo $BASHPID >"$groups/$peer/cgroup.procs" && echo $BASHPID >"$work/$peer.pid" && exec "$@")
}

# --------------------------------------------------------------------------- peers
work=$(mktemp -d "${BENCH_DIR:-/var/tmp}/mta-submission-XXXXXX")
chmod 755 "$work"
cleanup() {
    local peer
    for peer in $peer_of_cleanup; do "stop_$peer" || true; done
    [[ -z ${sink:-} ]] || kill "$sink" 2>/dev/null || true
    wait
    for peer in "${peers[@]}"; do rmdir "$groups/$peer" 2>/dev/null || true; done
    rmdir "$groups" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

start_actors-mta() {
    local d=$work/actors-mta
    mkdir -p "$d"
    printf '%s\n' "$password" | "$mta" user add "$user" --password-stdin --file "$d/users"
    cat >"$d/mta.conf" <<CONF
mta {
  hostname = mta.test
  data = "$d/data"
  listeners {
    relay { port = 29425 }
    submission { enabled = on, address = "127.0.0.1", port = ${port[actors-mta]} }
    submissions { enabled = on, address = "127.0.0.1", port = ${implicit_port[actors-mta]} }
  }
  tls.certificates { main { certificate = "$work/cert.pem", key = "$work/key.pem" } }
  auth { provider = file, file = "$d/users" }
  smtp.client.tls = never
  domains."example.test" { route = "[127.0.0.1]:$sink_port" }
  admin.port = 29480
}
$(tr ';' '\n' <<<"${ACTORS_MTA_EXTRA:-}")
CONF
    within actors-mta "$mta" run --preset throughput --config "$d/mta.conf" </dev/null >"$d/log" 2>&1 &
}
stop_actors-mta() { kill "$(<"$work/actors-mta.pid")" && while kill -0 "$(<"$work/actors-mta.pid")" 2>/dev/null; do sleep 0.1; done; }

start_postfix() {
    local d=$work/postfix service
    mkdir -p "$d"/{etc,spool,data,dovecot}
    chown postfix "$d/data"
    cat >"$d/dovecot/dovecot.conf" <<CONF
base_dir = $d/dovecot/run
log_path = $d/dovecot/log
protocols =
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = username_format=%u $d/dovecot/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=/nonexistent
}
service auth {
  client_limit = 10000
  unix_listener $d/dovecot/auth {
    mode = 0666
  }
}
CONF
    echo "$user:{PLAIN}$password" >"$d/dovecot/users"
    cat >"$d/etc/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $d/spool
data_directory = $d/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = $d/log
maillog_file_prefixes = $d
mail_owner = postfix
setgid_group = postdrop
myhostname = mta.test
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
default_transport = smtp:[127.0.0.1]:$sink_port
# A busy server: no look-ups of client names, no limits per client, as many processes as sessions.
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_process_limit = $((sessions + 50))
smtp_destination_concurrency_limit = 50
smtp_dns_support_level = disabled
smtp_tls_security_level =
smtpd_tls_cert_file = $work/cert.pem
smtpd_tls_key_file = $work/key.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $d/dovecot/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
$(tr ';' '\n' <<<"${POSTFIX_EXTRA:-}")
CONF
    {
        echo "127.0.0.1:${port[postfix]} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt"
        echo "127.0.0.1:${implicit_port[postfix]} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"
        echo "postlog unix-dgram n - n - 1 postlogd"
        echo "pickup unix n - n 60 1 pickup"
        echo "qmgr unix n - n 300 1 qmgr"
        echo "tlsmgr unix - - n 1000? 1 tlsmgr"
        echo "rewrite unix - - n - - trivial-rewrite"
        for service in bounce defer trace; do echo "$service unix - - n - 0 bounce"; done
        echo "cleanup unix n - n - 0 cleanup"
        echo "verify unix - - n - 1 verify"
        echo "flush unix n - n 1000? 0 flush"
        echo "proxymap unix - - n - - proxymap"
        echo "smtp unix - - n - - smtp"
        echo "showq unix n - n - - showq"
        for service in error retry; do echo "$service unix - - n - - error"; done
        echo "anvil unix - - n - 1 anvil"
        echo "scache unix - - n - 1 scache"
    } >"$d/etc/master.cf"
    within postfix setsid dovecot -F -c "$d/dovecot/dovecot.conf" </dev/null >/dev/null 2>&1 &
    while [[ ! -S $d/dovecot/auth ]]; do sleep 0.1; done
    within postfix env MAIL_CONFIG="$d/etc" postfix start >/dev/null 2>&1
}
stop_postfix() {
    MAIL_CONFIG=$work/postfix/etc postfix stop >/dev/null 2>&1 || true
    kill "$(<"$work/postfix/dovecot/run/master.pid")"
}

greets() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && read -r -t 5 line <&3 && [[ $line == 220* ]]) 2>/dev/null; }

wait_until_idle() { # until the peer has used less than a twentieth of a processor for half a second
    local before after i
    for ((i = 0; i < 240; i++)); do
        before=$(cpu_seconds "$1")
        sleep 0.5
        after=$(cpu_seconds "$1")
        awk -v a="$before" -v b="$after" 'BEGIN { exit !(b - a < 0.025) }' && return
    done
    fail "$1 does not come to rest"
}

# smtp-sink writes "sess=… quit=… mesg=…" over and over.
delivered() { tail -c 200 "$work/sink" | tr '\r' '\n' | sed -n 's/.*mesg=\([0-9]*\).*/\1/p' | tail -1; }

# --------------------------------------------------------------------------- the run
curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256)
[[ $key == ec ]] || curve=(-newkey rsa:2048)
openssl req -x509 "${curve[@]}" -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -subj /CN=mta.test -days 2 2>/dev/null
for peer in "${peers[@]}"; do mkdir -p "$groups/$peer"; done
smtp-sink -u nobody -c -m 10000 "127.0.0.1:$sink_port" 4096 >"$work/sink" 2>/dev/null &
sink=$!
for peer in "${peers[@]}"; do
    peer_of_cleanup+=" $peer"
    "start_$peer"
done
options=(--user "$user" --password "$password" --sessions "$sessions" --size "$size")
[[ -z ${IMPLICIT:-} ]] || options+=(--implicit)
for peer in "${peers[@]}"; do
    target=127.0.0.1:${port[$peer]}
    [[ -z ${IMPLICIT:-} ]] || target=127.0.0.1:${implicit_port[$peer]}
    for ((i = 0; i < 300; i++)); do greets "${port[$peer]}" && break || sleep 0.2; done
    ((i < 300)) || fail "$peer does not greet: $(tail -3 "$work/$peer/log")"
    # Warm: code compiled, processes started, password checked once.
    "$load" submission --target "$target" "${options[@]}" --messages "$((sessions * 50))" --per-connection 10 >&2
    wait_until_idle "$peer"
done

measure() { # measure PEER MODE PER-CONNECTION: appends "rate cpu-per-1000" to $work/PEER.MODE
    local peer=$1 mode=$2 target=127.0.0.1:${port[$1]} before line had
    [[ -z ${IMPLICIT:-} ]] || target=127.0.0.1:${implicit_port[$peer]}
    had=$(delivered)
    before=$(cpu_seconds "$peer")
    line=$("$load" submission --target "$target" "${options[@]}" --messages "$messages" --per-connection "$3")
    wait_until_idle "$peer"
    awk -v line="$line" -v before="$before" -v after="$(cpu_seconds "$peer")" -v n="$messages" 'BEGIN {
        match(line, /rate=[0-9.]+/); print substr(line, RSTART + 5, RLENGTH - 5), (after - before) * 1000 / n }' >>"$work/$peer.$mode"
    echo "$peer $mode: $line; delivered $(($(delivered) - had))" >&2
}
for ((round = 1; round <= rounds; round++)); do
    for mode in kept single; do
        for peer in "${peers[@]}"; do
            measure "$peer" $mode "$([[ $mode == kept ]] && echo "$kept" || echo 1)"
        done
    done
done

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
cell() { awk -v field="$3" '{ print $field }' "$work/$1.$2" | median; }
echo
echo "$messages messages of $size octets, $sessions sessions, $key key, ${IMPLICIT:+implicit TLS}${IMPLICIT:-STARTTLS}, AUTH PLAIN; medians of $rounds rounds, $(nproc) processors" |
    sed 's/implicit TLS1/implicit TLS/'
echo
echo "| | submissions/s, $kept on a connection | CPU s per 1,000 | submissions/s, a connection each | CPU s per 1,000 |"
echo "|---|---:|---:|---:|---:|"
for peer in "${peers[@]}"; do
    printf '| %s | %.0f | %.2f | %.0f | %.2f |\n' "$peer" "$(cell "$peer" kept 1)" "$(cell "$peer" kept 2)" \
        "$(cell "$peer" single 1)" "$(cell "$peer" single 2)"
done
