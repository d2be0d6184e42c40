"""The cases of the shared vectors: one that has rows, eras or forms of answers is one case for each of them."""

from __future__ import annotations

from typing import Any


def in_all_ways(case: dict[str, Any]) -> list[dict[str, Any]]:
    cases = [_of_row(case, row) for row in case.get("rows", [{}])]
    for member, option in (("eras", "era"), ("forms", "answer")):
        cases = [each for of_row in cases for each in _in_ways(of_row, option, of_row.get(member))]
    return cases


def _of_row(case: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    own = {name: row[name] for name in ("name", "eras", "forms") if name in row}
    return {**_filled(case, row), **own}


def _filled(value: Any, row: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, row) for item in value]
    if not isinstance(value, dict):
        return value
    members = {name: _filled(member, row) for name, member in value.items() if name not in ("$row", "rows")}
    if "$row" not in value:
        return members
    of_row = row[value["$row"]]
    return {**of_row, **members} if members else of_row


def _in_ways(case: dict[str, Any], option: str, ways: list[str] | None) -> list[dict[str, Any]]:
    if ways is None:
        return [case]
    server = case.get("server", {})
    return [{**case, "name": f"{way}_{case['name']}", "server": {**server, option: way}} for way in ways]
