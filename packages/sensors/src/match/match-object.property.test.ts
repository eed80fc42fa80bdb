import { type DatasetSpec, parseUriTemplate, type PartitionScheme } from "@millrace/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileMatcher } from "./match-object.ts";

/** The obvious matcher: tries everything, says nothing about time. */
function naiveMatch(path: string, key: string): boolean {
  if (key.endsWith("/") || key.split("/").some((part) => part === "." || part === ".."))
    return false;
  return matchSegments(path.split("/"), key.split("/"));
}

function matchSegments(pattern: readonly string[], parts: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return parts.length === 0;
  if (head !== "**") {
    const [part, ...others] = parts;
    return part !== undefined && matchSegment(head, part) && matchSegments(rest, others);
  }
  if (rest.length === 0) return parts.length > 0;
  return [...parts, ""].some((_, skipped) => matchSegments(rest, parts.slice(skipped)));
}

function matchSegment(pattern: string, part: string): boolean {
  if (part === "" && /[*?]/.test(pattern)) return false;
  return matchCharacters(Array.from(pattern), Array.from(part));
}

function matchCharacters(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === "*")
    return [...text, ""].some((_, taken) => matchCharacters(rest, text.slice(taken)));
  return (
    text.length > 0 && (head === "?" || head === text[0]) && matchCharacters(rest, text.slice(1))
  );
}

const character = fc.constantFrom(
  "a",
  "b",
  ".",
  "-",
  "[",
  "]",
  "!",
  "#",
  "+",
  "(",
  ")",
  "@",
  "|",
  "é",
  "😀",
);
const segment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.string({
      unit: fc.oneof(
        { weight: 4, arbitrary: character },
        { weight: 3, arbitrary: fc.constantFrom("*", "?") },
      ),
      maxLength: 5,
    }),
  },
  { weight: 2, arbitrary: fc.constant("**") },
);
const path = fc
  .array(segment, { minLength: 1, maxLength: 5 })
  .map((segments) => segments.map((s) => (s === "**" ? s : s.replaceAll(/\*+/g, "*"))).join("/"))
  .filter((text) => text !== "" && parseUriTemplate(`s3://lake/${text}`).ok);
const filler = fc.string({
  unit: fc.oneof({ weight: 5, arbitrary: character }, fc.constant("/")),
  maxLength: 4,
});

/** Keys that nearly fit: each wildcard of the pattern replaced by something. */
const pathAndKey = path.chain((text) =>
  fc
    .tuple(fc.constant(text), fc.array(filler, { minLength: 12, maxLength: 12 }), fc.boolean())
    .map(([pattern, fillers, isOther]): [string, string] => {
      let next = 0;
      const fill = (): string => fillers[next++ % fillers.length] ?? "";
      const key = pattern.replaceAll(/\*\*\/|\*+|\?/g, (found) => {
        const text = fill();
        if (found === "**/") return text === "" ? "" : `${text}/`;
        return found === "?" ? (Array.from(text)[0] ?? "a") : text;
      });
      return [pattern, isOther ? fill() + key : key];
    }),
);

function dataset(uri: string, partitions: DatasetSpec["partitions"] = {}): DatasetSpec {
  return { namespace: "ops", name: "d", uri, partitions, metadata: null, observed: false };
}

test("a glob matches what the naive matcher matches", () => {
  let hits = 0;
  fc.assert(
    fc.property(pathAndKey, ([pattern, key]) => {
      const expected = naiveMatch(pattern, key);
      const { matches } = compileMatcher([dataset(`s3://lake/${pattern}`)]).match("lake", key);
      if (expected) hits += 1;
      expect({ pattern, key, matches: matches.length === 1 }).toEqual({
        pattern,
        key,
        matches: expected,
      });
    }),
    { numRuns: 3_000 },
  );
  expect(hits, "the test sees matches").toBeGreaterThan(300);
});

const SCHEMES: Readonly<Record<string, PartitionScheme>> = {
  k: { kind: "keys", values: ["a", "a-a", "b", "é"] },
  y: { kind: "year", start: "2025", timezone: "UTC" },
};
const VALUES = { k: ["a", "a-a", "b", "é"], y: ["2025", "2026"] };

function isPartOf(part: Readonly<Record<string, string>>, whole: Record<string, string>): boolean {
  return Object.entries(part).every(([name, value]) => whole[name] === value);
}

test("a template matches when some values of its slots make it match, and gives such values", () => {
  let hits = 0;
  const piece = fc.constantFrom("{k}", "{y}", "{k}-{y}", "-", "a", "*", "?", "/", "**");
  const template = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join("").replaceAll(/\*{3,}/g, "**"))
    .filter((text) => text.includes("{") && parseUriTemplate(`s3://lake/${text}`).ok);
  const value = fc.constantFrom("a", "a-a", "b", "2025", "2026", "1999", "x", "", "a/b");
  fc.assert(
    fc.property(template, fc.array(value, { minLength: 9, maxLength: 9 }), (text, values) => {
      let next = 0;
      const key = text.replaceAll(/\{[ky]\}|\*\*|\*|\?/g, () => values[next++ % 9] ?? "");
      const slots = Object.entries(SCHEMES).filter(([slot]) => text.includes(`{${slot}}`));
      const spec = dataset(`s3://lake/${text}`, Object.fromEntries(slots));
      const { matches } = compileMatcher([spec]).match("lake", key);
      const fills = VALUES.k.flatMap((k) =>
        VALUES.y.map((y) => ({ k, y, path: text.replaceAll("{k}", k).replaceAll("{y}", y) })),
      );
      const fitting = fills.filter((fill) => naiveMatch(fill.path, key));
      // A slot that stands there twice is read from the left, so it may miss a reading.
      const isRepeated = text.split("{k}").length > 2 || text.split("{y}").length > 2;
      const isMissed = matches.length === 0 && isRepeated;
      const fits = { text, key, fits: fitting.length > 0 };
      expect({ text, key, fits: matches.length === 1 || (isMissed && fits.fits) }).toEqual(fits);
      hits += matches.length;
      const wrong = matches.filter(
        ({ partition }) => !fitting.some((fill) => isPartOf(partition, fill)),
      );
      expect(wrong).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
  expect(hits, "the test sees matches").toBeGreaterThan(100);
});
