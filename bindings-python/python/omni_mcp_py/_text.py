"""The text of results."""

from __future__ import annotations

import omni_mcp_py as omni


def text_of(result: omni.CallToolResult) -> str:
    """Return the text of a tool result.

    Args:
        result: The result of `call_tool`.

    Returns:
        The text of all text blocks, joined by line breaks; empty if there is none. Other blocks are left out.
    """
    return "\n".join(block["text"] for block in result["content"] if block["type"] == "text")
