#!/usr/bin/env bash
# smtp-source sends 20,000 messages of 4 KB over 20 sessions through a node to an exchanger found by MX.
# Promised: 20,000 of 20,000 arrive, each byte for byte, none twice.
. "$(dirname "$0")/proof.sh"
proof TwentyThousand
