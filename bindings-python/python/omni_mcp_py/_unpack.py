"""`Unpack`, where Python or typing_extensions has it; it only needs to be readable, for tools that read type hints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Unpack
elif sys.version_info >= (3, 11):
    from typing import Unpack
else:

    class Unpack:
        """Python 3.10 has none, and typing_extensions is not a dependency."""

        def __class_getitem__(cls, _item: Any) -> Any:
            return Any


__all__ = ["Unpack"]
