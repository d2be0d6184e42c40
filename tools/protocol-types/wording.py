"""Short descriptions, and the spellings of names."""

from __future__ import annotations

import re

_LINK = re.compile(r"\{@link\s+([^}]*)\}")
_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)[.:](?:\s|$)(?=(?:[^`]*`[^`]*`)*[^`]*$)")


def first_sentence(description: str, names: set[str]) -> str:
    """The first sentence, in one line and without marks of JSDoc."""
    paragraph = description.strip().split("\n\n")[0].split("\n- ")[0]
    text = _LINK.sub(lambda link: _label(link[1].strip(), names), paragraph)
    text = " ".join(text.split())
    end = _END.search(text)
    text = text[: end.start()] if end else text
    return text.rstrip(" .:").replace("“", '"').replace("”", '"') + "."


def _label(link: str, names: set[str]) -> str:
    # The publisher's tool writes the label directly after the name.
    for name in sorted(names, key=len, reverse=True):
        if link.startswith(name) and link != name:
            label = link[len(name) :].strip(" |")
            return label if label.startswith("`") or " " in label else f"`{label}`"
    return f"`{link}`"


def name_parts(name: str) -> list[str]:
    """The parts of a name in any spelling: `toolsListChanged`, `notifications/tools/list_changed`."""
    spaced = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", name)
    return [part for part in re.split(r"[^A-Za-z0-9]+", spaced) if part]


def pascal(name: str) -> str:
    """`ListChanged`."""
    return "".join(part[0].upper() + part[1:] for part in name_parts(name))


def snake(name: str) -> str:
    """`list_changed`; of a name with a domain, the part after it."""
    return "_".join(part.lower() for part in name_parts(name.rsplit("/", 1)[-1]))
