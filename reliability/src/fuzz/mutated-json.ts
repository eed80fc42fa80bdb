import fc from "fast-check";

/** Drawn once, because drawing them anew takes longer than all that is done with them. */
const JSON_VALUES = fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed: 1, numRuns: 400 });

const HOSTILE: readonly unknown[] = [
  null,
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
  -1,
  0.5,
  2 ** 53,
  "",
  "\0",
  "\ud800",
  "__proto__",
  "constructor",
  "x".repeat(3_000),
  true,
  [],
  {},
  [[]],
  JSON.parse('{"__proto__": {"polluted": true}}'),
  JSON.parse("[".repeat(300) + "]".repeat(300)),
  JSON.parse('{"not":'.repeat(300) + "1" + "}".repeat(300)),
];

/** JSON, and what is none: whatever a program could pass where data are expected. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: fc.nat(JSON_VALUES.length - 1).map((at) => JSON_VALUES[at]) },
  { weight: 1, arbitrary: fc.nat(HOSTILE.length - 1).map((at) => HOSTILE[at]) },
);

type Change = readonly [kind: "set" | "remove" | "copy", pick: number, value: unknown];

/**
 * A right value with up to three changes somewhere inside: a member replaced by anything, taken
 * out, or put under a name that objects inherit.
 *
 * @param seeds - Makes right values; each is copied before it is changed.
 */
export function mutatedJson(seeds: readonly unknown[]): fc.Arbitrary<unknown> {
  const texts = seeds.map((seed) => JSON.stringify(seed));
  const change: fc.Arbitrary<Change> = fc.tuple(
    fc.constantFrom("set", "set", "set", "remove", "copy"),
    fc.nat(100_000),
    anyValue,
  );
  const changed = fc
    .tuple(fc.nat(texts.length - 1), fc.array(change, { maxLength: 3 }))
    .map(([seed, changes]) => {
      const root = JSON.parse(texts[seed] ?? "null") as unknown;
      for (const each of changes) apply(root, each);
      return root;
    });
  return fc.oneof({ weight: 12, arbitrary: changed }, { weight: 1, arbitrary: anyValue });
}

function apply(root: unknown, [kind, pick, value]: Change): void {
  const places = placesOf(root);
  const place = places[pick % Math.max(places.length, 1)];
  if (place === undefined) return;
  const { holder, key } = place;
  if (kind === "remove") Reflect.deleteProperty(holder, key);
  // Copies, or a value would come to hold itself, and the next input what this one was given.
  else if (kind === "set") define(holder, key, structuredClone(value));
  else if (!Array.isArray(holder))
    define(holder, "constructor", structuredClone(Reflect.get(holder, key)));
}

/** Not an assignment, which would set the prototype for the key `__proto__`. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

interface Place {
  readonly holder: object;
  readonly key: string;
}

function placesOf(root: unknown): Place[] {
  const places: Place[] = [];
  const open: unknown[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    for (const key of Object.keys(next)) {
      places.push({ holder: next, key });
      open.push(Reflect.get(next, key));
    }
  }
  return places;
}
