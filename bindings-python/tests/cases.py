"""Reading the cases of the shared vectors. One with `rows`, `eras` or `formats` stands for one case of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(folder: Path) -> list[dict[str, Any]]:
    """All cases, each with its full name: `topic::case[::row][::era][::format]`."""
    paths = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.json")}
    topics = sorted(topic for topic in paths if not topic.endswith(".schema"))
    return [
        {**case, "name": f"{topic}::{case['name']}"}
        for topic in topics
        for template in json.loads(paths[topic].read_text("utf-8"))["cases"]
        for case in variants(template)
    ]


def variants(template: dict[str, Any]) -> list[dict[str, Any]]:
    rows = template.get("rows", [{}])
    cases = [_with_row({name: value for name, value in template.items() if name != "rows"}, row) for row in rows]
    for member, option in (("eras", "era"), ("formats", "answer")):
        cases = [each for case in cases for each in _with_each(case, option, case.get(member))]
    return cases


def _with_row(template: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    case: dict[str, Any] = _filled(template, row)
    own = {name: row[name] for name in ("eras", "formats") if name in row}
    name = f"{case['name']}::{row['name']}" if "name" in row else case["name"]
    return {**case, **own, "name": name}


def _filled(value: Any, row: dict[str, Any]) -> Any:
    """The value with each `{"$row": "name"}` replaced by that member of the row, and each `$text` by its text."""
    if isinstance(value, list):
        return [_filled(item, row) for item in value]
    if not isinstance(value, dict):
        return value
    if "$text" in value:
        return "".join(part if isinstance(part, str) else part[0] * part[1] for part in value["$text"])
    members = {name: _filled(member, row) for name, member in value.items() if name != "$row"}
    if "$row" not in value:
        return members
    of_row = _filled(row[value["$row"]], row)
    return {**of_row, **members} if members else of_row


def _with_each(case: dict[str, Any], option: str, values: list[str] | None) -> list[dict[str, Any]]:
    if values is None:
        return [case]
    server = case.get("server", {})
    return [{**case, "name": f"{case['name']}::{value}", "server": {**server, option: value}} for value in values]
