/** Reading the cases of the shared vectors. One with `rows`, `eras` or `formats` stands for one case of each. */

import { readFileSync, readdirSync } from "node:fs";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The files of a folder and its subfolders: their topics, such as `retries/keyed_calls`, with all cases of each. */
export function readCases(folder) {
  const paths = readdirSync(folder, { recursive: true }).map((path) => path.replaceAll("\\", "/"));
  const files = paths.filter((path) => path.endsWith(".json") && !path.endsWith(".schema.json")).sort();
  return files.map((file) => ({
    topic: file.slice(0, -".json".length),
    cases: JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases.flatMap(variants),
  }));
}

/** The value with each `{"$row": "name"}` replaced by that member of the row, and each `$text` by its text. */
function filled(value, row) {
  if (Array.isArray(value)) return value.map((item) => filled(item, row));
  if (!isObject(value)) return value;
  if ("$text" in value) return value.$text.map((part) => (Array.isArray(part) ? part[0].repeat(part[1]) : part)).join("");
  const { $row, ...members } = value;
  const own = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, filled(member, row)]));
  if ($row === undefined) return own;
  if (!Object.hasOwn(row, $row)) throw new Error(`the row has no ${$row}: ${JSON.stringify(row)}`);
  const ofRow = filled(row[$row], row);
  return Object.keys(own).length > 0 ? { ...ofRow, ...own } : ofRow;
}

function withRow(template, row) {
  const vector = filled(template, row);
  const own = Object.fromEntries(Object.entries(row).filter(([name]) => ["eras", "formats"].includes(name)));
  return { ...vector, ...own, name: row.name === undefined ? vector.name : `${vector.name}::${row.name}` };
}

function withEach(vector, values, option) {
  return values?.map((value) => ({ ...vector, name: `${vector.name}::${value}`, server: { ...vector.server, [option]: value } })) ?? [vector];
}

function variants({ rows = [{}], ...template }) {
  return rows
    .map((row) => withRow(template, row))
    .flatMap(({ eras, ...vector }) => withEach(vector, eras, "era"))
    .flatMap(({ formats, ...vector }) => withEach(vector, formats, "answer"));
}
