"""CPU per sequential small call of our clients and of a raw HTTP client in each language, against one server.

Each program is a separate process and measures itself by getrusage. The rounds are interleaved, so that a change in
the machine's speed affects all programs. The table shows medians, and ratios of medians.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"

# name: (command, program it is compared with, target for the ratio of CPU times: printed, not enforced)
PROGRAMS = {
    "rust": (["{target}/ours"], "reqwest", 1.5),
    "reqwest": (["{target}/raw_reqwest"], None, None),
    "python sync": (["{python}", "python/ours_sync.py"], "http.client", 0.5),
    "python async": (["{python}", "python/ours_async.py"], "aiohttp", None),
    "http.client": (["{python}", "python/raw_http_client.py"], None, None),
    "aiohttp": (["{python}", "python/raw_aiohttp.py"], None, None),
    "node": (["node", "node/ours.mjs"], "undici", 0.5),
    "undici": (["node", "node/raw_undici.mjs"], None, None),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target", default=str(ROOT / "target" / "release"))
    plan = parser.parse_args()

    command = [f"{plan.target}/omni-mcp-devserver", "--json", "--until-stdin-ends"]
    command += ["--options", json.dumps({"ledger": "counts"})]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(server.stdout.readline())
        figures = measure(plan, address)
    finally:
        server.stdin.close()
        server.wait()
    print_table(plan, figures)


def measure(plan, address):
    figures = {name: [] for name in PROGRAMS}
    for _ in range(plan.rounds):
        for name, (command, _, _) in PROGRAMS.items():
            command = [part.format(target=plan.target, python=sys.executable) for part in command]
            command += [address["url"], address["api_key"], str(plan.calls)]
            finished = subprocess.run(command, cwd=BENCH, capture_output=True, text=True)
            if finished.returncode != 0:
                raise SystemExit(f"{name} failed:\n{finished.stderr}")
            figures[name].append(json.loads(finished.stdout))
    return figures


def print_table(plan, figures):
    def median(name, figure):
        return statistics.median(run[figure] for run in figures[name])

    print(f"{plan.calls} sequential small calls, {plan.rounds} interleaved rounds, medians in µs per call\n")
    print("| program | CPU | wall | compared with | CPU ratio | target |")
    print("|---|---|---|---|---|---|")
    for name, (_, peer, target) in PROGRAMS.items():
        cpu, wall = median(name, "cpu_us"), median(name, "wall_us")
        ratio = f"{cpu / median(peer, 'cpu_us'):.2f}" if peer else "–"
        bound = f"≤ {target}" if target else "–"
        print(f"| {name} | {cpu:.0f} | {wall:.0f} | {peer or '–'} | {ratio} | {bound} |")


main()
