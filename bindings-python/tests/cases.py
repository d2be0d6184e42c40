"""The cases of the shared vectors: one that names eras or forms of answers is one case in each of them."""

from __future__ import annotations

from typing import Any


def in_all_ways(case: dict[str, Any]) -> list[dict[str, Any]]:
    cases = [case]
    for member, option in (("eras", "era"), ("forms", "answer")):
        ways = case.get(member)
        if ways is not None:
            cases = [_in_one_way(each, option, way) for each in cases for way in ways]
    return cases


def _in_one_way(case: dict[str, Any], option: str, way: str) -> dict[str, Any]:
    return {**case, "name": f"{way}_{case['name']}", "server": {**case.get("server", {}), option: way}}
