"""The application of the FastAPI row."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from omni_mcp_py import AsyncOmniMCPClient


@asynccontextmanager
async def lifespan(app):
    """Keep a client as long as the worker runs."""
    async with AsyncOmniMCPClient(os.environ["ROW_KEY"], base_url=os.environ["ROW_URL"]) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/ready")
async def ready():
    """Answer at once."""
    return {}


@app.get("/search/{word}")
async def search(word: str):
    """Make one call."""
    result = await app.state.client.call_tool("fred.search", {"q": word}, f"idem_{word}")
    return result["structuredContent"]
