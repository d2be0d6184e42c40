"""A client for hosted MCP servers that loses no call and runs none twice.

from omni_mcp_py import OmniMCPClient

with OmniMCPClient(api_key="omni_live_...") as client:
    result = client.call_tool("fred.search", {"q": "inflation", "limit": 5})
    print(result["structuredContent"])
"""

from typing import Any

from omni_mcp_py._async_client import AsyncOmniMCPClient
from omni_mcp_py._client import OmniMCPClient
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
from omni_mcp_py._native import __version__
from omni_mcp_py._types import (
    CallOptions,
    CallToolResult,
    ClientOptions,
    Delivery,
    Implementation,
    InitializeResult,
    ListToolsResult,
    Metadata,
    Progress,
    Tool,
    UnkeyedCallOptions,
    WithMetadata,
)

__all__ = [
    "AsyncOmniMCPClient",
    "AuthenticationError",
    "CallCancelledError",
    "CallOptions",
    "CallToolResult",
    "ClientClosedError",
    "ClientOptions",
    "ConfigError",
    "ConflictError",
    "ConnectionFailedError",
    "Delivery",
    "Implementation",
    "InitializeResult",
    "InternalError",
    "InvalidRequestError",
    "ListToolsResult",
    "Metadata",
    "NotFoundError",
    "OmniMCPClient",
    "OmniMCPError",
    "PermissionDeniedError",
    "Progress",
    "ProtocolError",
    "QuotaExceededError",
    "RateLimitError",
    "RequestTimeoutError",
    "RpcError",
    "ServerError",
    "SessionError",
    "Tool",
    "ToolError",
    "UnkeyedCallOptions",
    "WithMetadata",
    "__version__",
]

for _public in (AsyncOmniMCPClient, OmniMCPClient, OmniMCPError, *OmniMCPError.__subclasses__()):
    # Tracebacks and help() show where it is imported from.
    _public.__module__ = __name__
del _public


def __getattr__(name: str) -> Any:
    # Imported when first asked for: a program in production has no use for it.
    if name == "testing":
        import omni_mcp_py.testing

        return omni_mcp_py.testing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
