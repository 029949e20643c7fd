#!/usr/bin/env bash
# What actor metrics (mta.metrics.actors) and the event log (mta.events.enabled) cost: nodes with and without them take turns, and 60,000 messages of 4 KB
# go through each, 40 sessions at a time. Takes a minute for each of MTA_LONG_COSTS rounds (default 5). Nothing else should run beside it; on a machine that is shared, the least
# of each kind says more than the median.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
ulimit -n "$(ulimit -Hn)"
mkdir -p artifacts
dotnet publish -c Release -v quiet src/Actors.Mta.Node -o artifacts/node
dotnet build -c Release -v quiet src/Actors.Mta.LoadGen
exec python3 tests/long/costs.py artifacts/node/mta src/Actors.Mta.LoadGen/bin/Release/net10.0/mta-load "${MTA_LONG_COSTS:-5}"
