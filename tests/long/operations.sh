#!/usr/bin/env bash
# What operators do to a large queue, while mail goes on: MTA_LONG_QUEUE messages of a tenant wait (default 200,000). Measured: how long queue summary,
# domains, why and trace take to answer, and what mta top costs; up to 500,000 also the rate of other mail before a hold, a release and a bounce of the
# tenant's queue, and while that is being done; memory. Promised: every answer in a second, top below 2 % of a processor, other mail at least at 90 % of
# its rate. Takes some minutes.
#   MTA_LONG_QUEUE=200000 tests/long/operations.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
ulimit -n "$(ulimit -Hn)"
mkdir -p artifacts
dotnet publish -c Release -v quiet src/Actors.Mta.Node -o artifacts/node
dotnet build -c Release -v quiet src/Actors.Mta.LoadGen
exec python3 tests/long/operations.py artifacts/node/mta src/Actors.Mta.LoadGen/bin/Release/net10.0/mta-load "${MTA_LONG_QUEUE:-200000}"
