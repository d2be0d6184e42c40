"""The client of a case of the shared vectors: a client or a registry, with the options of the case."""

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


class CaseClient:
    """Makes the client of a case, and keeps what its callbacks receive."""

    def __init__(self, case: dict[str, Any], server: DevServer) -> None:
        self.case, self.server = case, server
        self.received: list[Any] = []
        self.server_requests: list[Any] = []
        self.events: dict[str, list[Any]] = {name: [] for name in case.get("callbacks", [])}
        self._arriving: queue.Queue[Any] = queue.Queue()

    def open(self) -> Any:
        case = self.case
        if "registry" in case:
            return REGISTRIES[case["registry"]][0](**self._options())
        if "record" in case:
            return connect(self.filled_in(case["record"]), **self._options(), **self._callbacks(), **self._responders())
        return OmniMCPClient(self._first_argument(), **self._options(), **self._callbacks(), **self._responders())

    async def open_async(self) -> Any:
        case = self.case
        if "registry" in case:
            return REGISTRIES[case["registry"]][1](**self._options())
        if "record" in case:
            given = {**self._options(), **self._callbacks(), **self._async_responders()}
            return await connect_async(self.filled_in(case["record"]), **given)
        return AsyncOmniMCPClient(
            self._first_argument(), **self._options(), **self._callbacks(), **self._async_responders()
        )

    def notifications(self, count: int) -> list[Any]:
        """Wait for so many, 5 s at most for each."""
        while len(self.received) < count or not self._arriving.empty():
            try:
                self.received.append(self._arriving.get(timeout=5))
            except queue.Empty:
                break
        return self.received

    def _first_argument(self) -> Any:
        return self.filled_in(self.case.get("first_argument"))

    def _options(self) -> dict[str, Any]:
        base: dict[str, Any] = {"backoff_initial": 0.001, "backoff_max": 0.002}
        if "record" not in self.case and "first_argument" not in self.case:
            base |= {"api_key": "$KEY", "base_url": "$URL"}
        options = {**base, **self.case.get("client", {})}
        return self.filled_in({name: value for name, value in options.items() if value != {"$unset": True}})

    def _callbacks(self) -> dict[str, Any]:
        callbacks: dict[str, Any] = {}
        if self.case.get("on_notification"):
            callbacks["on_notification"] = self._arriving.put
        for name, events in self.events.items():
            callbacks[name] = events.append
        if "token_provider" in self.case:
            callbacks["token_provider"] = one_by_one(self.case["token_provider"])
        return callbacks

    def _responders(self) -> dict[str, Any]:
        def responder(name: str, results: list[Any]) -> Any:
            next_result = one_by_one(results)

            def respond(params: Any = None) -> Any:
                self.server_requests.append({"callback": name, "params": {} if params is None else params})
                return next_result()

            return respond

        return {name: responder(name, results) for name, results in self.case.get("callback_results", {}).items()}

    def _async_responders(self) -> dict[str, Any]:
        def as_async(respond: Any) -> Any:
            async def respond_async(*params: Any) -> Any:
                return respond(*params)

            return respond_async

        return {name: as_async(respond) for name, respond in self._responders().items()}

    def filled_in(self, value: Any) -> Any:
        """The value with its placeholders replaced."""
        match value:
            case str():
                server = self.server
                filled = value.replace("$URL", server.url).replace("$KEY", server.api_key).replace("$STDIO", program())
                filled = filled.replace("$CLIENT_CERT", server.client_cert or "")
                filled = filled.replace("$CLIENT_KEY", server.client_key or "").replace("$CA", server.ca or "")
                return filled.replace("$PROXY", server.proxy or "")
            case list():
                return [self.filled_in(item) for item in value]
            case dict():
                return {name: self.filled_in(member) for name, member in value.items()}
        return value


def one_by_one(values: list[Any]) -> Any:
    """A function that returns these one after the other, and the last one from then on."""
    left = list(values)

    def next_value() -> Any:
        value = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(value, dict) and "raises" in value:
            raise LookupError(value["raises"])
        return value

    return next_value


def program() -> str:
    """The dev server as a program."""
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
    return os.environ.get("OMNI_MCP_DEVSERVER", f"{target}/debug/omni-mcp-devserver")
