/** The cases of the shared vectors: one that has rows, eras or forms of answers is one case for each of them. */

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The value, with what the row has in the place of each `{"$row": "name"}`. */
function filled(value, row) {
  if (Array.isArray(value)) return value.map((item) => filled(item, row));
  if (!isObject(value)) return value;
  const { $row, ...members } = value;
  const own = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, filled(member, row)]));
  if ($row === undefined) return own;
  if (!Object.hasOwn(row, $row)) throw new Error(`the row has no ${$row}: ${JSON.stringify(row)}`);
  return Object.keys(own).length > 0 ? { ...row[$row], ...own } : row[$row];
}

function ofRow(vector, row) {
  const own = Object.entries(row).filter(([name]) => ["name", "eras", "forms"].includes(name));
  return { ...filled(vector, row), ...Object.fromEntries(own) };
}

function inWays(vector, ways, option) {
  return ways?.map((way) => ({ ...vector, name: `${way}_${vector.name}`, server: { ...vector.server, [option]: way } })) ?? [vector];
}

export function inAllWays({ rows = [{}], ...vector }) {
  return rows
    .map((row) => ofRow(vector, row))
    .flatMap(({ eras, ...of }) => inWays(of, eras, "era"))
    .flatMap(({ forms, ...of }) => inWays(of, forms, "answer"));
}
