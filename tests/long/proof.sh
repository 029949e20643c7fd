# Runs one long proof and prints its table; sourced by its neighbours.
#   proof TEST_CLASS
# MTA_LONG_MESSAGES and MTA_LONG_KILLS change the size of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export PATH=$PATH:/usr/sbin:/sbin

section() { printf '\n== %s\n' "$*"; }

proof() {
    local project=tests/Actors.Mta.EndToEnd.Tests log status=0
    export MTA_LONG_RESULT
    MTA_LONG_RESULT=$(mktemp)
    log=$(mktemp)
    trap 'rm -f "$MTA_LONG_RESULT" "$log"' RETURN
    ulimit -n "$(ulimit -Hn)"

    section "Build (Release)"
    dotnet build $project -c Release -v quiet

    section "$1"
    dotnet test $project -c Release --no-build --filter "FullyQualifiedName~LongProofs.$1" \
        --logger 'console;verbosity=normal' >"$log" 2>&1 || status=$?
    cat "$MTA_LONG_RESULT"
    # A proof that was skipped (a program is missing) has proved nothing.
    if ((status != 0)) || ! grep -q '^ *Passed: 1' "$log"; then
        cat "$log"
        echo "BROKEN"
        return 1
    fi
    echo "HELD"
}
