#!/usr/bin/env bash
# 200,000 messages go through a node to receivers with all kinds of habits (config/lab/personalities.conf). Promised: 0 lost,
# 0 damaged, 0 unaccounted for, nothing left in the queue. The report stays in artifacts/.
#   MTA_LONG_MESSAGES=200000 tests/long/lab.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
ulimit -n "$(ulimit -Hn)"
mkdir -p artifacts
if dotnet run -c Release --project src/Actors.Mta.LoadGen -- lab --plain --scenario personalities \
    --set "load.sources.main.messages=${MTA_LONG_MESSAGES:-200000}" --out artifacts/lab; then
    echo "HELD"
else
    echo "BROKEN"
    exit 1
fi
