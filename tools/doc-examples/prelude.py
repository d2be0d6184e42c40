"""Names that blocks of the documentation use without defining them."""

import logging

from omni_mcp_py import (
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestParams,
    ElicitResult,
    OmniMCPClient,
)

__all__ = ["OmniMCPClient", "ask_model", "ask_person", "client", "key", "logging", "read_token", "url"]

key = "omni_live_..."
url = "https://mcp.example.com/mcp"
client = OmniMCPClient(key)


def read_token() -> str:
    return key


def ask_person(params: ElicitRequestParams) -> ElicitResult:
    return {"action": "accept", "content": {"message": params["message"]}}


def ask_model(params: CreateMessageRequestParams) -> CreateMessageResult:
    return {"role": "assistant", "model": "m", "content": {"type": "text", "text": str(params["maxTokens"])}}
