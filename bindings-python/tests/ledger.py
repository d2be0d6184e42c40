"""What the ledger of the server must hold at the end of a case of the shared vectors."""

from __future__ import annotations

import json
from typing import Any

from matching import mismatch


def check(rules: dict[str, Any], ledger: dict[str, Any]) -> None:
    requests = ledger["requests"]
    calls = _of(requests, "tools/call")
    for name, expected in rules.items():
        if name in ("headers", "client_responses"):
            (_check_requests if name == "headers" else _check_responses)(expected, requests)
            continue
        actual: Any
        match name:
            case "executions":
                actual = len(ledger["executions"])
            case "connections" | "max_concurrent_executions" | "proxied":
                actual = ledger[name]
            case "paths":
                actual = {path: sum(request["path"] == path for request in requests) for path in expected}
            case "keys":
                actual = len(_distinct(calls, "idempotency-key"))
            case "one_key":
                keys = [call["headers"].get("idempotency-key") for call in calls]
                actual = len(set(keys)) == 1 and None not in keys
            case "same_bodies":
                actual = len({json.dumps(call["body"]["params"], sort_keys=True) for call in calls}) == 1
            case "distinct_request_ids":
                sent = [request for request in requests if "x-request-id" in request["headers"]]
                actual = len(_distinct(requests, "x-request-id")) == len(sent)
            case "requests":
                actual = {method: len(_of(requests, method)) for method in expected}
            case _:
                raise AssertionError(f"the runner knows no ledger rule {name}")
        _same(name, expected, actual)


def _check_requests(rules: list[dict[str, Any]], requests: list[dict[str, Any]]) -> None:
    for rule in rules:
        _check_request(rule, requests)


def _check_responses(expected: Any, requests: list[dict[str, Any]]) -> None:
    _same("client_responses", expected, [request["body"] for request in requests if _is_response(request["body"])])


def _check_request(rule: dict[str, Any], requests: list[dict[str, Any]]) -> None:
    request = _of(requests, rule["method"])[rule.get("nth", 1) - 1]
    _same(f"{rule['method']} headers", rule.get("headers", {}), request["headers"])
    if "params" in rule:
        _same(f"{rule['method']} params", rule["params"], request["body"].get("params"))


def _is_response(body: Any) -> bool:
    return isinstance(body, dict) and "method" not in body and "id" in body


def _same(name: str, expected: Any, actual: Any) -> None:
    why = mismatch(expected, actual)
    assert why is None, f"ledger: {name}: {why}"


def _of(requests: list[dict[str, Any]], method: str) -> list[dict[str, Any]]:
    return [request for request in requests if method in (request["rpc_method"], request["http_method"])]


def _distinct(requests: list[dict[str, Any]], header: str) -> set[str]:
    return {request["headers"][header] for request in requests if header in request["headers"]}
