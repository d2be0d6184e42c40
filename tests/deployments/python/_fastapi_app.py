"""The application of the FastAPI row."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from omni_mcp_py import AsyncOmniMCPClient


@asynccontextmanager
async def lifespan(app):
    """Keep a client open while the worker runs."""
    async with AsyncOmniMCPClient(os.environ["ROW_KEY"], base_url=os.environ["ROW_URL"]) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/ready")
async def ready():
    """Answer at once."""
    return {}


@app.get("/search/{query}")
async def search(query: str):
    """Make one call."""
    result = await app.state.client.call_tool("fred.search", {"q": query}, f"idem_{query}")
    return result["structuredContent"]
