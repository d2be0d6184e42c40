"""Runs the official conformance suite. Usage: run.py [Rust|Python|Node|server]... [--scenario NAME] [--revision R]

With --scenario, only that one is run, with the clients of these languages, and the output of the suite is shown."""

import argparse
import sys

import client_leg
import server_leg
import suite
from outcome import faults
from table import Table

SERVER = "server"


def main():
    parser = argparse.ArgumentParser(description="Runs the official conformance suite.")
    parser.add_argument("parts", nargs="*", metavar="Rust|Python|Node|server", default=[*client_leg.DRIVERS, SERVER])
    parser.add_argument("--scenario", help="only this scenario of the clients, with the output of the suite")
    parser.add_argument("--revision", choices=suite.REVISIONS, default=suite.REVISIONS[-1], help="of that scenario")
    options = parser.parse_args()
    languages = [part for part in options.parts if part != SERVER]
    if unknown := set(languages) - set(client_leg.DRIVERS):
        parser.error(f"there is no part {', '.join(unknown)}")
    if options.scenario:
        failed = [name for name in languages if not passes_alone(name, options.revision, options.scenario)]
        sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
    sys.exit(run(languages, with_server=SERVER in options.parts))


def passes_alone(language, revision, scenario):
    because = faults(scenario, client_leg.run_alone(language, revision, scenario, shown=True))
    print(f"{language}: {'; '.join(because) or 'passed'}", flush=True)
    return not because


def run(languages, with_server):
    clients, servers = Table(), Table()
    for language in languages:
        client_leg.run(clients, language)
    if with_server:
        server_leg.run(servers)
    summary = (
        f"conformance: {len(languages)} languages × {len(suite.REVISIONS)} sets: {clients.passed} scenarios passed, "
        f"{clients.failed} failed; auth: {clients.auth_passed} of {clients.auth_run} (not required yet)"
    )
    if with_server:
        summary += f"; dev server: {servers.passed} passed, {servers.failed} failed"
    print(f"\n{summary}")
    return int(clients.failed + servers.failed > 0)


main()
