#!/bin/sh
# SPDX-License-Identifier: MIT
# system.sh TEST...: run each, go on after a failure, fail if any did. Inside
# the virtual machine.
status=0
for program; do
	"$program" || status=1
done
exit $status
