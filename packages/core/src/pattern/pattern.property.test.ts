import fc from "fast-check";
import { expect, test } from "vitest";
import { compileEventPattern } from "./event-pattern.ts";
import { matchesGlob } from "./glob.ts";
import { uriPatternsOverlap } from "./uri-overlap.ts";
import { compileUriPattern } from "./uri-pattern.ts";

/** By definition: every way to read the pattern is tried. Slow, and plainly right. */
function globByRule(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  if (glob[0] === "*")
    return globByRule(glob.slice(1), text) || (text !== "" && globByRule(glob, text.slice(1)));
  return (
    text !== "" &&
    (glob[0] === "?" || glob[0] === text[0]) &&
    globByRule(glob.slice(1), text.slice(1))
  );
}

test("a glob matches what it matches by definition", () => {
  const glob = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 7 });
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 7 });
  fc.assert(
    fc.property(glob, text, (pattern, given) => {
      expect(matchesGlob(pattern, given)).toBe(globByRule(pattern, given));
    }),
    { numRuns: 1_000 },
  );
});

function eventByRule(pattern: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return name.length === 0;
  if (first === "**")
    return eventByRule(rest, name) || (name.length > 0 && eventByRule(pattern, name.slice(1)));
  const [word, ...others] = name;
  const words = first.startsWith("{") ? first.slice(1, -1).split(",") : [first];
  return word !== undefined && (first === "*" || words.includes(word)) && eventByRule(rest, others);
}

test("an event pattern matches what it matches by definition", () => {
  const segment = fc.constantFrom("a", "b", "*", "**", "{a,b}", "{b,cd}");
  const word = fc.constantFrom("a", "b", "cd");
  fc.assert(
    fc.property(
      fc.array(segment, { minLength: 1, maxLength: 6 }),
      fc.array(word, { minLength: 1, maxLength: 6 }),
      (pattern, name) => {
        const { match, prefix } = compileEventPattern(pattern.join("."));
        const matches = match(name.join("."));
        expect(matches).toBe(eventByRule(pattern, name));
        if (matches) expect(name.join(".").startsWith(prefix)).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

const part = fc.constantFrom("a", "b", "{x}", "*", "?", "a*", "*b", "a{x}", "ab");
const path = fc.array(fc.oneof({ weight: 5, arbitrary: part }, fc.constant("**")), {
  minLength: 1,
  maxLength: 4,
});
const places = fc.array(
  fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 3 }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

/** As a regular expression, in which a capture is free each time that it stands there. */
function uriByRule(segments: readonly string[]): RegExp {
  const last = segments.length - 1;
  const parts = segments.map((segment, at) => {
    if (segment === "**") return at === last ? ".*" : "(?:[^/]*/)*";
    const text = segment
      .replace(/^\*$/, "[^/][^/]*")
      .replaceAll(/(?<!\])\*/g, "[^/]*")
      .replaceAll("?", "[^/]")
      .replaceAll("{x}", "[^/]+");
    return at === last ? text : `${text}/`;
  });
  return new RegExp(`^s3://l/${parts.join("")}$`);
}

test("a URI pattern matches what it matches by definition, when its captures agree", () => {
  fc.assert(
    fc.property(path, places, (segments, place) => {
      fc.pre(segments.join("/").split("{x}").length <= 2);
      const uri = `s3://l/${place.join("/")}`;
      const { match, prefix } = compileUriPattern(`s3://l/${segments.join("/")}`);
      const captured = match(uri);
      expect(captured !== null).toBe(uriByRule(segments).test(uri));
      if (captured !== null) expect(uri.startsWith(prefix)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("two patterns that match one URI overlap", () => {
  fc.assert(
    fc.property(path, path, places, (one, other, place) => {
      const uri = `s3://l/${place.join("/")}`;
      const patterns = [one, other].map((segments) => `s3://l/${segments.join("/")}`) as [
        string,
        string,
      ];
      fc.pre([one, other].every((segments) => uriByRule(segments).test(uri)));
      expect(uriPatternsOverlap(...patterns)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
