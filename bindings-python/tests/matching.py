"""Whether a value is what a case of the shared vectors expects."""

from __future__ import annotations

from typing import Any


def mismatch(expected: Any, actual: Any) -> str | None:
    """Why `actual` does not match, or None where it does."""
    if isinstance(expected, dict):
        rule = next((name for name in expected if name.startswith("$")), None)
        if rule is not None:
            return None if _holds(rule, expected[rule], actual) else f"{actual!r} is not {expected}"
        for name, value in expected.items():
            found = actual.get(name) if isinstance(actual, dict) else None
            why = mismatch(value, found)
            if why is not None:
                return f"{name}: {why}"
        return None
    if isinstance(expected, list):
        if not isinstance(actual, (list, tuple)) or len(expected) != len(actual):
            return f"{actual!r}, expected {len(expected)} items"
        whys = (mismatch(*pair) for pair in zip(expected, actual, strict=True))
        return next((f"{index}: {why}" for index, why in enumerate(whys) if why is not None), None)
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return None if same else f"{actual!r}, expected {expected!r}"


def _holds(rule: str, operand: Any, actual: Any) -> bool:
    match rule:
        case "$any":
            return actual is not None
        case "$absent":
            return actual is None
        case "$starts":
            return isinstance(actual, str) and actual.startswith(operand)
        case "$contains":
            return isinstance(actual, str) and operand in actual
        case "$at_least" | "$at_most":
            bounds = (operand, actual) if rule == "$at_least" else (actual, operand)
            return isinstance(actual, (int, float)) and bounds[0] <= bounds[1]
        case "$length":
            return isinstance(actual, list) and len(actual) == operand
    raise AssertionError(f"the runner knows no rule {rule}")
