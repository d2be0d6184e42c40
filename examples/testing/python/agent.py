"""A step of an agent: finds a data series about a topic, and describes its first value."""

from omni_mcp_py import OmniMCPClient, OmniMCPError, text_of


def describe(client: OmniMCPClient, topic: str) -> str:
    """The first value about a topic, or why there is none."""
    try:
        found = client.call_tool("fred.search", {"q": topic, "limit": 1})
        if found.get("isError"):
            return f"the search failed: {text_of(found)}"
        results = (found.get("structuredContent") or {})["results"]
        if not results:
            return f"nothing about {topic}"
        series = client.call_tool("fred.series", {"series_id": results[0]["series_id"], "limit": 1})
        value = (series.get("structuredContent") or {})["observations"][0]
    except OmniMCPError as error:
        return f"not available ({error.code})"
    return f"{results[0]['title']}: {value['value']:g} ({value['date']})"
