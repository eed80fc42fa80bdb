import fc from "fast-check";

/** What breaks parsers: what databases refuse, what paths mean, what JavaScript inherits. */
const HOSTILE = [
  "\0",
  "\ud800",
  "\udc00",
  "\u202e",
  "\u200b",
  "\u2028",
  "\ufffd",
  "é",
  "e\u0301",
  "😀",
  " ",
  "\n",
  "\t",
  "%2e",
  "%2F",
  "%00",
  "%",
  "..",
  ".",
  "/",
  "//",
  "\\",
  "'",
  '"',
  "`",
  "$&",
  "{",
  "}",
  "{}",
  "[",
  "]",
  "(",
  ")",
  "*",
  "**",
  "**/",
  "?",
  "!",
  "#",
  "@",
  ":",
  ",",
  ";",
  "-",
  "+",
  "=",
  "_",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "Infinity",
  "-1",
  "0",
  "1e400",
  "0x10",
  "9007199254740993",
  "99999999999999999999",
] as const;

type Edit = readonly [
  kind: "insert" | "delete" | "repeat" | "replace",
  place: number,
  length: number,
  text: string,
];

/**
 * Texts that are nearly right: a seed with up to four edits of hostile fragments; now and then
 * plain noise, or a fragment a thousand times over.
 *
 * @param seeds - Right ones, of every kind that there is.
 * @param fragments - Hostile to this parser, beside those that are hostile to all.
 */
export function mutatedText(
  seeds: readonly string[],
  fragments: readonly string[] = [],
): fc.Arbitrary<string> {
  const fragment = fc.constantFrom(...HOSTILE, ...fragments, ...seeds);
  const edit: fc.Arbitrary<Edit> = fc.tuple(
    fc.constantFrom("insert", "delete", "repeat", "replace"),
    fc.nat(1_000),
    fc.nat(8),
    fc.oneof({ weight: 6, arbitrary: fragment }, fc.string({ unit: "binary", maxLength: 4 })),
  );
  const edited = fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 }))
    .map(([seed, edits]) => edits.reduce(applied, seed));
  const repeated = fc
    .tuple(fc.array(fragment, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 1_000 }))
    .map(([parts, count]) =>
      parts
        .join("")
        .repeat(count)
        .slice(0, 64 * 1_024),
    );
  return fc.oneof(
    { weight: 16, arbitrary: edited },
    { weight: 2, arbitrary: repeated },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  );
}

function applied(text: string, [kind, place, length, given]: Edit): string {
  const at = text.length === 0 ? 0 : place % (text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (kind) {
    case "insert":
      return before + given + after;
    case "delete":
      return before + after.slice(length);
    case "repeat":
      return before + after.slice(0, length).repeat(3) + after.slice(length);
    case "replace":
      return before + given + after.slice(given.length);
  }
}
