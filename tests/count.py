# SPDX-License-Identifier: MIT
"""Add up meson's test logs: tests/count.py FAILURES-SO-FAR LOG...

A Check program counts with each of its checks, any other as one test. The
last line printed is 'N passed, N failed, N skipped'; the exit status is 1 if
any failed.
"""

import json
import re
import sys

CHECKS = re.compile(r'Checks: (\d+), Failures: (\d+), Errors: (\d+)')


def count(test):
    """passed, failed, skipped of one entry of a log"""
    result = test['result']
    suites = CHECKS.findall(test.get('stdout') or '')
    if suites and result in ('OK', 'FAIL'):
        checks = sum(int(suite[0]) for suite in suites)
        failed = sum(int(suite[1]) + int(suite[2]) for suite in suites)
        # Every check passed, and the program failed all the same.
        if result == 'FAIL' and failed == 0:
            failed = 1
        return max(checks - failed, 0), failed, 0
    if result in ('OK', 'EXPECTEDFAIL'):
        return 1, 0, 0
    if result == 'SKIP':
        return 0, 0, 1
    return 0, 1, 0


def main(argv):
    passed, failed, skipped = 0, int(argv[1]), 0
    for path in argv[2:]:
        try:
            with open(path, encoding='utf-8') as log:
                tests = [json.loads(line) for line in log]
        except OSError:
            print(f'{path}: no tests were run')
            failed += 1
            continue
        for test in tests:
            counts = count(test)
            passed += counts[0]
            failed += counts[1]
            skipped += counts[2]
            if counts[1]:
                print(f"failed: {test['name']} ({path})")
            if counts[2]:
                print(f"skipped: {test['name']}: "
                      f"{(test.get('stdout') or 'no reason given').strip()}")
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
