"""Modules that native code imports, or a name: here for what makes bundles by the import statements that it finds."""

from __future__ import annotations


def other_modules() -> None:
    """Not called: what it imports is part of every bundle."""
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

    from omni_mcp_py import _errors, _logging, _threads, registry, testing, types  # noqa: F401
