#!/bin/sh
# step.sh WHAT COMMAND [ARGUMENT...]: runs the command silently, says what it does and how long it
# took; when it fails, shows everything it printed and exits with its status.  V=1 shows it at once.
set -u
what=$1
shift
begin=$(date +%s)
if [ "${V:-0}" = 1 ]; then
    printf '• %s\n' "$what"
    "$@"
    exit $?
fi
printf '• %s … ' "$what"
output=$(mktemp "${TMPDIR:-/tmp}/vehicleguard-step.XXXXXX") || exit 1
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT TERM
if "$@" >"$output" 2>&1; then
    printf '%s s\n' "$(($(date +%s) - begin))"
else
    status=$?
    printf 'failed after %s s:\n' "$(($(date +%s) - begin))"
    cat "$output"
    exit "$status"
fi
