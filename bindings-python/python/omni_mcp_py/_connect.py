"""From a record of a registry, or of Odock, to a connected client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _native
from omni_mcp_py._async_client import AsyncOmniMCPClient
from omni_mcp_py._client import OmniMCPClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from omni_mcp_py._options import AsyncClientOptions, ClientOptions


def connect(record: Mapping[str, Any], api_key: str | None = None, **options: Unpack[ClientOptions]) -> OmniMCPClient:
    """Return a connected client of a GAIA, Sema4.ai or Odock record. Options go before what the record says."""
    given = options if api_key is None else {"api_key": api_key, **options}
    client = OmniMCPClient.__new__(OmniMCPClient)
    client._open(_native.SyncClient.of_record(dict(record), given))
    try:
        client.connect()
    except BaseException:
        client.close()
        raise
    return client


async def connect_async(
    record: Mapping[str, Any], api_key: str | None = None, **options: Unpack[AsyncClientOptions]
) -> AsyncOmniMCPClient:
    """Return a connected client of a GAIA, Sema4.ai or Odock record. Options go before what the record says."""
    given = options if api_key is None else {"api_key": api_key, **options}
    client = AsyncOmniMCPClient.__new__(AsyncOmniMCPClient)
    client._open(_native.AsyncClient.of_record(dict(record), given))
    try:
        await client.connect()
    except BaseException:
        await client.close()
        raise
    return client
