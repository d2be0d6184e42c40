// The same as rust/src/skills.rs, in Node.

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

/** Loads all skills; the only one is invalid. */
export async function refuse(client, wrong) {
  for (const skill of (await client.request("skills/list")).skills) {
    const outcome = await load(client, skill);
    // The suite checks which files were read, not the errors.
    if (outcome !== wrong) throw new Error(`not refused for its ${wrong}, but ${outcome}`);
  }
}

/** Reads the files of a skill; returns what is wrong with it. */
async function load(client, skill) {
  for (const file of skill.resources) {
    const [{ text }] = (await client.readResource(file.uri)).contents;
    if (file.size !== Buffer.byteLength(text)) return "size";
    if (file.digest !== `sha256:${createHash("sha256").update(text).digest("hex")}`) return "digest";
    if (file.uri === skill.uri && !isDeepStrictEqual(frontmatter(text), skill.frontmatter)) return "frontmatter";
  }
}

/** The lines between the first two lines of three dashes: of YAML, only strings by name. */
function frontmatter(text) {
  const lines = text.split("---\n")[1].trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(": ", 2)));
}
