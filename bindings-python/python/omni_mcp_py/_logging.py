"""Writes the log records of clients without an `on_log` to `logging`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omni_mcp_py._types import LogRecord

logger = logging.getLogger("omni_mcp_py")
# A library is silent unless the program configures logging.
logger.addHandler(logging.NullHandler())

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def write(record: LogRecord) -> None:
    """Write a record; its fields are also in the attribute `omni_mcp`."""
    fields = record["fields"]
    text = " ".join([record["message"], *(f"{name}={value}" for name, value in fields.items())])
    logger.log(_LEVELS[record["level"]], "%s", text, extra={"omni_mcp": fields})
