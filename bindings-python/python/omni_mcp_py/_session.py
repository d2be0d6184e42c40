"""The session with a server: how it is opened, and what is known of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py._calls import AsyncCalls, Calls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from omni_mcp_py._calls import _AsyncOnProgress, _OnProgress
    from omni_mcp_py._options import CallOptions
    from omni_mcp_py._types import Counters, State, WithMetadata
    from omni_mcp_py.types import DiscoverResult, Implementation, InitializeResult, LoggingLevel


class Session(Calls):
    """The session with a server: how it is opened, and what is known of the server."""

    @property
    def server_info(self) -> Implementation | None:
        """Who the server is: name, version, title. None until connected."""
        return self._native.property("server_info")

    @property
    def server_capabilities(self) -> dict[str, Any] | None:
        """What the server can do. None until connected."""
        return self._native.property("server_capabilities")

    @property
    def protocol_version(self) -> str | None:
        """The protocol version of the session. None until connected."""
        return self._native.property("protocol_version")

    @property
    def instructions(self) -> str | None:
        """How to use the server, for a model. None until connected."""
        return self._native.property("instructions")

    @property
    def state(self) -> State:
        """How the client stands: idle, connecting, ready, recovering or closed."""
        return self._native.property("state")

    @property
    def counters(self) -> Counters:
        """What the client has done so far, in numbers that only grow."""
        return self._native.property("counters")

    def connect(self, *, on_progress: _OnProgress | None = None, **options: Unpack[CallOptions]) -> None:
        """Connect, if not yet connected, in the way of the profile."""
        self._call("connect", {}, options, on_progress)

    @overload
    def initialize(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> InitializeResult: ...

    @overload
    def initialize(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[InitializeResult]: ...

    def initialize(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Connect, if not yet connected, in the older era always by a handshake; return what the server said."""
        return self._call("initialize", {}, options, on_progress, with_metadata)

    @overload
    def discover(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> DiscoverResult: ...

    @overload
    def discover(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[DiscoverResult]: ...

    def discover(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return what the server says of itself: its versions, capabilities and instructions."""
        return self._call("discover", {}, options, on_progress, with_metadata)

    @overload
    def ping(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    def ping(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    def ping(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Check that the server answers."""
        return self._call("ping", {}, options, on_progress, with_metadata)

    @overload
    def set_logging_level(
        self,
        level: LoggingLevel,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    def set_logging_level(
        self,
        level: LoggingLevel,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    def set_logging_level(
        self,
        level: LoggingLevel,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Set the least level of the log messages that the server sends as notifications, also in a later session."""
        return self._call("set_logging_level", {"level": level}, options, on_progress, with_metadata)


class AsyncSession(AsyncCalls):
    """The session with a server: how it is opened, and what is known of the server."""

    @property
    def server_info(self) -> Implementation | None:
        """Who the server is: name, version, title. None until connected."""
        return self._native.property("server_info")

    @property
    def server_capabilities(self) -> dict[str, Any] | None:
        """What the server can do. None until connected."""
        return self._native.property("server_capabilities")

    @property
    def protocol_version(self) -> str | None:
        """The protocol version of the session. None until connected."""
        return self._native.property("protocol_version")

    @property
    def instructions(self) -> str | None:
        """How to use the server, for a model. None until connected."""
        return self._native.property("instructions")

    @property
    def state(self) -> State:
        """How the client stands: idle, connecting, ready, recovering or closed."""
        return self._native.property("state")

    @property
    def counters(self) -> Counters:
        """What the client has done so far, in numbers that only grow."""
        return self._native.property("counters")

    async def connect(self, *, on_progress: _AsyncOnProgress | None = None, **options: Unpack[CallOptions]) -> None:
        """Connect, if not yet connected, in the way of the profile."""
        await self._call("connect", {}, options, on_progress)

    @overload
    async def initialize(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> InitializeResult: ...

    @overload
    async def initialize(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[InitializeResult]: ...

    async def initialize(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Connect, if not yet connected, in the older era always by a handshake; return what the server said."""
        return await self._call("initialize", {}, options, on_progress, with_metadata)

    @overload
    async def discover(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> DiscoverResult: ...

    @overload
    async def discover(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[DiscoverResult]: ...

    async def discover(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return what the server says of itself: its versions, capabilities and instructions."""
        return await self._call("discover", {}, options, on_progress, with_metadata)

    @overload
    async def ping(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    async def ping(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    async def ping(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Check that the server answers."""
        return await self._call("ping", {}, options, on_progress, with_metadata)

    @overload
    async def set_logging_level(
        self,
        level: LoggingLevel,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    async def set_logging_level(
        self,
        level: LoggingLevel,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    async def set_logging_level(
        self,
        level: LoggingLevel,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Set the least level of the log messages that the server sends as notifications, also in a later session."""
        return await self._call("set_logging_level", {"level": level}, options, on_progress, with_metadata)
