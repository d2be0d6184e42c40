"""The outcomes; each is printed at once."""


class Table:
    def __init__(self):
        self.passed, self.failed = 0, 0
        self.auth_passed, self.auth_run = 0, 0

    def head(self, title):
        print(f"\n{title}", flush=True)

    def row(self, scenario, result, faults, note=""):
        if faults:
            self.failed += 1
        else:
            self.passed += 1
        counts = counted(result) if result else ""
        print(f"{'FAILED' if faults else 'ok':7} {scenario:45} {counts}{note}")
        for fault in faults:
            print(f"        {fault}")

    def auth(self, run, passed):
        """Scenarios that are not required yet."""
        self.auth_run += run
        self.auth_passed += len(passed)
        names = f": {', '.join(passed)}" if passed else ""
        print(f"        auth: {len(passed)} of {run} (not required yet){names}", flush=True)


def counted(result):
    skipped = result.count("SKIPPED")
    return f"{result.count('SUCCESS'):2} succeeded" + (f", {skipped} left out" if skipped else "")
