"""A client for hosted MCP servers that loses no call and runs none twice.

from omni_mcp_py import OmniMCPClient

with OmniMCPClient(api_key="omni_live_...") as client:
    result = client.call_tool("fred.search", {"q": "inflation", "limit": 5})
    print(result["structuredContent"])
"""

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _loading as _loading

# isort: split
from omni_mcp_py import _bundling as _bundling
from omni_mcp_py._async_client import AsyncOmniMCPClient
from omni_mcp_py._client import OmniMCPClient
from omni_mcp_py._connect import connect, connect_async
from omni_mcp_py._errors import (
    AuthenticationError,
    CallCancelledError,
    ClientClosedError,
    ConfigError,
    ConflictError,
    ConnectionFailedError,
    InternalError,
    InvalidRequestError,
    NotFoundError,
    OmniMCPError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    RequestTimeoutError,
    RpcError,
    ServerError,
    SessionError,
    ToolError,
)
from omni_mcp_py._native import __version__, looks_like_error
from omni_mcp_py._options import (
    AsyncClientOptions,
    AuthOptions,
    CallOptions,
    ClientOptions,
    ProfileOptions,
    ProvidedToken,
    UnkeyedCallOptions,
)
from omni_mcp_py._types import Counters, Delivery, LogRecord, Metadata, Notification, State, StateChange, WithMetadata

if TYPE_CHECKING:
    from omni_mcp_py.types import (
        CallToolResult,
        CompleteResult,
        CompletionArgument,
        CompletionContext,
        CompletionReference,
        CreateMessageRequestParams,
        CreateMessageResult,
        DiscoverResult,
        ElicitRequestParams,
        ElicitResult,
        GetPromptResult,
        Implementation,
        InitializeResult,
        ListPromptsResult,
        ListResourcesResult,
        ListResourceTemplatesResult,
        ListToolsResult,
        LoggingLevel,
        Progress,
        Prompt,
        ReadResourceResult,
        Resource,
        ResourceTemplate,
        Root,
        Tool,
    )

__all__ = [
    "AsyncClientOptions",
    "AsyncOmniMCPClient",
    "AuthOptions",
    "AuthenticationError",
    "CallCancelledError",
    "CallOptions",
    "CallToolResult",
    "ClientClosedError",
    "ClientOptions",
    "CompleteResult",
    "CompletionArgument",
    "CompletionContext",
    "CompletionReference",
    "ConfigError",
    "ConflictError",
    "ConnectionFailedError",
    "Counters",
    "CreateMessageRequestParams",
    "CreateMessageResult",
    "Delivery",
    "DiscoverResult",
    "ElicitRequestParams",
    "ElicitResult",
    "GetPromptResult",
    "Implementation",
    "InitializeResult",
    "InternalError",
    "InvalidRequestError",
    "ListPromptsResult",
    "ListResourceTemplatesResult",
    "ListResourcesResult",
    "ListToolsResult",
    "LogRecord",
    "LoggingLevel",
    "Metadata",
    "NotFoundError",
    "Notification",
    "OmniMCPClient",
    "OmniMCPError",
    "PermissionDeniedError",
    "ProfileOptions",
    "Progress",
    "Prompt",
    "ProtocolError",
    "ProvidedToken",
    "QuotaExceededError",
    "RateLimitError",
    "ReadResourceResult",
    "RequestTimeoutError",
    "Resource",
    "ResourceTemplate",
    "Root",
    "RpcError",
    "ServerError",
    "SessionError",
    "State",
    "StateChange",
    "Tool",
    "ToolError",
    "UnkeyedCallOptions",
    "WithMetadata",
    "__version__",
    "connect",
    "connect_async",
    "looks_like_error",
]

for _public in (
    AsyncOmniMCPClient,
    OmniMCPClient,
    connect,
    connect_async,
    OmniMCPError,
    *OmniMCPError.__subclasses__(),
):
    # Tracebacks and help() show where it is imported from.
    _public.__module__ = __name__
del _public


def __getattr__(name: str) -> Any:
    # Imported when first asked for: most programs have no use for them.
    if name in ("registry", "testing", "types"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if name in __all__:
        from omni_mcp_py import types

        return getattr(types, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
