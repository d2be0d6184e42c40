"""What a case of the shared vectors calls: a client, made as the case says, or a registry."""

from __future__ import annotations

import os
import queue
from pathlib import Path
from typing import Any

from omni_mcp_py import AsyncOmniMCPClient, OmniMCPClient, connect, connect_async
from omni_mcp_py.registry import AsyncGaiaRegistry, AsyncSema4Registry, GaiaRegistry, Sema4Registry
from omni_mcp_py.testing import DevServer

REGISTRIES: dict[str, tuple[Any, Any]] = {
    "gaia": (GaiaRegistry, AsyncGaiaRegistry),
    "sema4": (Sema4Registry, AsyncSema4Registry),
}
ROOT = Path(__file__).parents[2]


class Subject:
    """The options of a case, and what its client has heard."""

    def __init__(self, case: dict[str, Any], server: DevServer) -> None:
        self.case, self.server = case, server
        self.heard: list[Any] = []
        self.asked: list[Any] = []
        self.told: dict[str, list[Any]] = {hook: [] for hook in case.get("hears", [])}
        self._arriving: queue.Queue[Any] = queue.Queue()

    def open(self) -> Any:
        case = self.case
        if "registry" in case:
            return REGISTRIES[case["registry"]][0](**self._options())
        if "record" in case:
            return connect(self._filled_in(case["record"]), **self._options(), **self._hooks(), **self._answers())
        return OmniMCPClient(**self._options(), **self._hooks(), **self._answers())

    async def open_async(self) -> Any:
        case = self.case
        if "registry" in case:
            return REGISTRIES[case["registry"]][1](**self._options())
        if "record" in case:
            given = {**self._options(), **self._hooks(), **self._answers_later()}
            return await connect_async(self._filled_in(case["record"]), **given)
        return AsyncOmniMCPClient(**self._options(), **self._hooks(), **self._answers_later())

    def notifications(self, count: int) -> list[Any]:
        """Wait for so many, 5 s at most for each."""
        while len(self.heard) < count or not self._arriving.empty():
            try:
                self.heard.append(self._arriving.get(timeout=5))
            except queue.Empty:
                break
        return self.heard

    def _options(self) -> dict[str, Any]:
        base: dict[str, Any] = {"backoff_initial": 0.001, "backoff_max": 0.002}
        if "record" not in self.case:
            base |= {"api_key": "$KEY", "base_url": "$URL"}
        options = {**base, **self.case.get("client", {})}
        return self._filled_in({name: value for name, value in options.items() if value != {"$unset": True}})

    def _hooks(self) -> dict[str, Any]:
        hooks: dict[str, Any] = {}
        if self.case.get("on_notification"):
            hooks["on_notification"] = self._arriving.put
        for hook in self.case.get("hears", []):
            hooks[hook] = self.told[hook].append
        if "token_provider" in self.case:
            hooks["token_provider"] = giver(self.case["token_provider"])
        return hooks

    def _answers(self) -> dict[str, Any]:
        def answers(hook: str, values: list[Any]) -> Any:
            give = giver(values)

            def answer(params: Any = None) -> Any:
                self.asked.append({"hook": hook, "params": {} if params is None else params})
                return give()

            return answer

        return {hook: answers(hook, values) for hook, values in self.case.get("answers", {}).items()}

    def _answers_later(self) -> dict[str, Any]:
        def later(answer: Any) -> Any:
            async def answer_later(*asked: Any) -> Any:
                return answer(*asked)

            return answer_later

        return {hook: later(answer) for hook, answer in self._answers().items()}

    def _filled_in(self, value: Any) -> Any:
        match value:
            case str():
                server = self.server
                filled = value.replace("$URL", server.url).replace("$KEY", server.api_key).replace("$STDIO", program())
                filled = filled.replace("$CLIENT_CERT", server.client_cert or "")
                filled = filled.replace("$CLIENT_KEY", server.client_key or "").replace("$CA", server.ca or "")
                return filled.replace("$PROXY", server.proxy or "")
            case list():
                return [self._filled_in(item) for item in value]
            case dict():
                return {name: self._filled_in(member) for name, member in value.items()}
        return value


def giver(values: list[Any]) -> Any:
    """A function that gives these one after the other, and the last one again and again."""
    left = list(values)

    def give() -> Any:
        given = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(given, dict) and "fails" in given:
            raise LookupError(given["fails"])
        return given

    return give


def program() -> str:
    """The dev server as a program."""
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    return os.environ.get("OMNI_MCP_DEVSERVER", f"{target}/debug/omni-mcp-devserver")
