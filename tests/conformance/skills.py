"""The same as rust/src/skills.rs, in Python."""

import hashlib
import sys


def refuse(client, wrong):
    """Loads all skills; the only one is invalid."""
    for skill in client.request("skills/list")["skills"]:
        outcome = load(client, skill)
        # The suite checks which files were read, not the errors.
        if outcome != wrong:
            sys.exit(f"not refused for its {wrong}, but {outcome}")


def load(client, skill):
    """Reads the files of a skill; returns what is wrong with it."""
    for file in skill["resources"]:
        text = client.read_resource(file["uri"])["contents"][0]["text"]
        content = text.encode()
        if file["size"] != len(content):
            return "size"
        if file["digest"] != f"sha256:{hashlib.sha256(content).hexdigest()}":
            return "digest"
        if file["uri"] == skill["uri"] and frontmatter(text) != skill["frontmatter"]:
            return "frontmatter"
    return None


def frontmatter(text):
    """The lines between the first two lines of three dashes: of YAML, only strings by name."""
    lines = text.split("---\n")[1].splitlines()
    return dict(line.split(": ", 1) for line in lines)
