"""Imports of the native module and lazy imports, for tools that make bundles by import statements."""

from __future__ import annotations


def other_modules() -> None:
    """Import what a bundle must contain. Never called."""
    import _thread  # noqa: F401
    import asyncio  # noqa: F401
    import atexit  # noqa: F401
    import collections.abc  # noqa: F401
    import contextvars  # noqa: F401
    import datetime as dt  # noqa: F401
    import functools  # noqa: F401
    import inspect  # noqa: F401
    import json  # noqa: F401
    import warnings  # noqa: F401
    import weakref  # noqa: F401

    from omni_mcp_py import _async_client, _counters, _errors, _logging, _options, _threads, registry, testing, types  # noqa: F401
