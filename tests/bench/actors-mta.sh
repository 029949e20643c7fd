#!/usr/bin/env bash
# Actors.Mta as a peer of the side-by-side benchmark, whose README describes the verbs and the BENCH_* variables.
# $ACTORS_MTA is the program; by default what dotnet publish -c Release src/Actors.Mta.Node has made in this repository, as on a host
# that runs it, or else the Release build, which takes ten seconds longer to get warm.
set -euo pipefail
release=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/src/Actors.Mta.Node/bin/Release/net10.0
published=("$release"/*/publish/mta)
mta=${ACTORS_MTA:-${published[0]}}
[[ -x $mta ]] || mta=$release/mta
configuration=${BENCH_RUN:-.}/mta.conf
case ${1:-} in
version) "$mta" --version ;;
start)
    # What the other peers are given too: the relay network, as many sessions as the work needs, resolvers of the system.
    # Durability is the node's own: no key here touches it.
    cat >"$configuration" <<EOF
mta {
  hostname = mta.test
  data = "$BENCH_RUN/data"
  listeners.relay {
    address = "0.0.0.0"
    port = $BENCH_PORT
    connections = $((BENCH_SESSIONS + 100))
    connections-per-client = $((BENCH_SESSIONS + 100))
  }
  relay.networks = ["$BENCH_RELAY_NET"]
}
$(tr ';' '\n' <<<"${ACTORS_MTA_EXTRA:-}")
EOF
    ulimit -n "$(ulimit -Hn)"
    "$mta" run --preset throughput --config "$configuration" </dev/null >"$BENCH_RUN/mta.log" 2>&1 &
    echo $! >"$BENCH_RUN/mta.pid"
    ;;
stop)
    pid=$(<"$BENCH_RUN/mta.pid")
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    ;;
flush) "$mta" queue flush --config "$configuration" ;;
queued) "$mta" queue list --limit 10000 --json --config "$configuration" | grep -o '"id":' | wc -l ;;
*)
    echo "usage: $0 version|start|stop|flush|queued" >&2
    exit 2
    ;;
esac
