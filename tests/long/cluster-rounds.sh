#!/usr/bin/env bash
# Three nodes with PostgreSQL under load; in each of 51 rounds one is killed, cut off from everybody, or paused for 30 s (config/lab/rounds.conf).
# Promised: 0 lost, 0 damaged, nothing left in the queue, never two owners of a partition. Takes 51 minutes; needs root and PostgreSQL.
#   MTA_LONG_ROUNDS=51 tests/long/cluster-rounds.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
ulimit -n "$(ulimit -Hn)"
mkdir -p artifacts
rounds=${MTA_LONG_ROUNDS:-51}
dotnet publish -c Release -v quiet src/Actors.Mta.Node -o artifacts/node
if dotnet run -c Release --project src/Actors.Mta.LoadGen -- lab --plain --scenario rounds --mta artifacts/node/mta \
    --set "load.rounds.count=$rounds" --set "load.sources.main.duration=$((rounds * 60 + 5))s" --out artifacts/rounds; then
    echo "HELD"
else
    echo "BROKEN"
    exit 1
fi
