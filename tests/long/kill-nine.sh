#!/usr/bin/env bash
# 20,000 messages of 4 KB over 20 connections go through a node to an exchanger found by MX, while the node is killed with
# kill -9 ten times and started again. Promised: 0 accepted messages lost, fewer than 1 % duplicates, not an octet changed.
. "$(dirname "$0")/proof.sh"
proof KillNine
