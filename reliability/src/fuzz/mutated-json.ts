import fc from "fast-check";

/** JSON, and what is none: whatever a program could pass where data are expected. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.constantFrom<unknown>(
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
  ),
  fc.constant(0).map(() => JSON.parse('{"__proto__": {"polluted": true}}') as unknown),
  fc.constant(0).map(() => JSON.parse("[".repeat(300) + "]".repeat(300)) as unknown),
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
    .tuple(fc.constantFrom(...texts), fc.array(change, { maxLength: 3 }))
    .map(([text, changes]) => {
      const root = JSON.parse(text) as unknown;
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
  else if (kind === "set") define(holder, key, value);
  else define(holder, "constructor", Reflect.get(holder, key));
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
