#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Is run-uml to be trusted? It must bring up /dev/cuse, hand over arguments,
# directory, output and exit status unchanged, and tell a dead or hanging
# machine from a failing program. Status 77: no user-mode-linux here.

set -u

run_uml=$(dirname "$0")/run-uml
failures=0

check()
{
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: expected '$2', got '$3'"
		failures=$((failures + 1))
	fi
}

# shellcheck disable=SC2016 # expanded inside
out=$("$run_uml" sh -c '
	[ -c /dev/cuse ] && [ -c /dev/fuse ] || echo "no device"
	[ "$(id -u)" = 0 ] || echo "not root"
	[ "$(ulimit -Hn)" -ge 20000 ] || echo "few descriptors"
	[ -d /dev/shm ] && [ -d "$TMPDIR" ] && [ -e /dev/fd/1 ] || echo "no tmp"
	pwd
	echo "$1"
	exit 7' sh "an  odd'one \$x *")
status=$?
if [ $status -eq 77 ]; then
	exit 77
fi
check "the exit status comes out" 7 $status
check "devices, directory and arguments are there" "$(pwd)
an  odd'one \$x *" "$out"

"$run_uml" --timeout 3 sleep 60 2>/dev/null
check "a hang ends by the time-out" 124 $?

"$run_uml" sh -c 'echo c >/proc/sysrq-trigger; sleep 60' 2>/dev/null
check "a panic is a failure" 125 $?

[ $failures -eq 0 ]
