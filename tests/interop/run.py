"""Runs the clients of each language against third-party servers and proxies.

Usage: run.py [third_party|unconfigured|sticky]
"""

import sys

import sticky
import third_party
import unconfigured
from common import Table


def main():
    parts = {"third_party": third_party, "unconfigured": unconfigured, "sticky": sticky}
    table = Table()
    for name in sys.argv[1:] or parts:
        parts[name].run(table)
    skipped = f", {table.not_run} not run" if table.not_run else ""
    print(f"{table.passed} passed, {table.failed} failed{skipped}")
    sys.exit(table.failed > 0)


main()
