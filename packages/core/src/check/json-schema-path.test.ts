import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonSchemaOf } from "../dataset/json-schema.ts";
import type { JsonValue } from "../spec/json.ts";
import { hasField, requiredOf } from "./json-schema-path.ts";

const of = (schema: z.ZodType): JsonValue => jsonSchemaOf(schema, "output");

describe("whether a schema has a field", () => {
  const schema = of(z.object({ a: z.object({ b: z.number() }), list: z.array(z.string()) }));

  test.each([
    [["a"], "yes"],
    [["a", "b"], "yes"],
    [["x"], "no"],
    [["a", "x"], "no"],
    [["a", "b", "c"], "no"],
    [["toString"], "no"],
    [["list", "0"], "unknown"],
  ])("%j: %s", (path, expected) => {
    expect(hasField(schema, path)).toBe(expected);
  });

  test("is not known of what takes any field, or says nothing", () => {
    expect(hasField(of(z.looseObject({ a: z.string() })), ["x"])).toBe("unknown");
    expect(hasField(of(z.record(z.string(), z.number())), ["x"])).toBe("unknown");
    expect(hasField({ properties: {}, patternProperties: { x: {} } }, ["x"])).toBe("unknown");
    expect(hasField({}, ["x"])).toBe("unknown");
    expect(hasField(null, ["x"])).toBe("unknown");
  });

  test("is yes when one of the alternatives has it, and no when none has", () => {
    const either = of(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]));
    expect(hasField(either, ["b"])).toBe("yes");
    expect(hasField(either, ["c"])).toBe("no");
  });

  test("follows references, and does not run round in circles", () => {
    const node = z.object({
      value: z.number(),
      get next() {
        return node.optional();
      },
    });
    const schema = of(node);
    expect(hasField(schema, ["next", "next", "value"])).toBe("yes");
    expect(hasField(schema, ["next", "next", "nope"])).toBe("no");
    expect(hasField({ $ref: "#" }, ["x"])).toBe("unknown");
    expect(hasField({ anyOf: [{ $ref: "#" }] }, ["x"])).toBe("unknown");
  });
});

test("what a schema requires leaves out what has a default", () => {
  const schema = z.object({ a: z.string(), b: z.string().default("x"), c: z.string().optional() });
  expect(requiredOf(jsonSchemaOf(schema, "input"))).toEqual(["a"]);
  expect(requiredOf(null)).toEqual([]);
});
