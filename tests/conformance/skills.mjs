// What rust/src/skills.rs does, in Node.

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

/** Loads all skills, the only one of which is wrong in one way. */
export async function refuse(client, wrong) {
  for (const skill of (await client.request("skills/list")).skills) {
    const outcome = await load(client, skill);
    // The suite sees which files were read, and not why the others were not.
    if (outcome !== wrong) throw new Error(`not refused for its ${wrong}, but ${outcome}`);
  }
}

/** Reads a skill's files; gives what is wrong with it. */
async function load(client, skill) {
  for (const file of skill.resources) {
    const [{ text }] = (await client.readResource(file.uri)).contents;
    if (file.size !== Buffer.byteLength(text)) return "size";
    if (file.digest !== `sha256:${createHash("sha256").update(text).digest("hex")}`) return "digest";
    if (file.uri === skill.uri && !isDeepStrictEqual(frontmatter(text), skill.frontmatter)) return "frontmatter";
  }
}

/** The lines between the first two of three dashes: of YAML, only strings by their names. */
function frontmatter(text) {
  const lines = text.split("---\n")[1].trimEnd().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(": ", 2)));
}
