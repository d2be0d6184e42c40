"""The required outcome of a scenario. The suite itself accepts warnings, skipped checks and idle clients."""

# The modern era has no handshake whose headers could be checked.
FORCED_SKIPS = {
    "http-standard-headers": {"ClientMcpMethodHeader_initialize", "ClientMcpMethodHeader_notifications_initialized"},
}
# Scenarios in which the client must end with an error.
ENDS_WITH_ERROR = {
    "auth/iss-normalized",
    "auth/iss-supported-missing",
    "auth/iss-unexpected",
    "auth/iss-wrong-issuer",
    "auth/metadata-issuer-mismatch",
    "auth/resource-mismatch",
    "auth/scope-retry-limit",
}


def faults(scenario, result, has_driver=True):
    """Return why the scenario failed; empty if it passed."""
    if result is None:
        return ["it was not run"]
    found = [
        f"{check['status']} {check['id']} ({check['name']}): {check.get('errorMessage') or check['description']}"
        for check in result.checks
        if check["status"] in ("FAILURE", "WARNING") or is_skipped(scenario, check)
    ]
    if result.count("SUCCESS") == 0:
        found.append("no check succeeded")
    if has_driver and result.exit_code != 0 and scenario not in ENDS_WITH_ERROR:
        found.append(f"the client ended with {result.exit_code}: {result.output[-2000:]}")
    return found


def is_skipped(scenario, check):
    return check["status"] == "SKIPPED" and check["name"] not in FORCED_SKIPS.get(scenario, ())
