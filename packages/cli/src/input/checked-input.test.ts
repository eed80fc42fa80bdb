import { expect, test } from "vitest";
import { z } from "zod";
import { checkedInput, checkedParams } from "./checked-input.ts";

test("a parameter is JSON where the schema takes that, and text where it does not", async () => {
  const schema = z.object({ rows: z.number(), zip: z.string(), tags: z.array(z.string()) });
  const given = { rows: "5", zip: "01234", tags: '["a"]' };
  expect(await checkedParams("params", schema, given)).toEqual({
    rows: 5,
    zip: "01234",
    tags: ["a"],
  });
  const digits = { rows: "5", zip: "1234", tags: "[]" };
  expect(await checkedParams("params", schema, digits)).toMatchObject({ rows: 5, zip: "1234" });
});

test("parameters stay as given: defaults are for the run to fill in", async () => {
  const schema = z.object({ rows: z.number().default(7) });
  expect(await checkedParams("params", schema, {})).toEqual({});
});

test("without a schema at hand, what reads as JSON is JSON", async () => {
  expect(await checkedParams("params", null, { a: "5", b: "x" })).toEqual({ a: 5, b: "x" });
});

test("every issue is told with its path", async () => {
  const schema = z.object({ rows: z.number(), at: z.object({ hour: z.number() }) });
  const refused = checkedParams("params of p", schema, { rows: "many", at: '{"hour": "x"}' });
  await expect(refused).rejects.toThrow(/params of p .* rows: [\s\S]*at\.hour: /);
});

test("metadata is stored as its schema makes it", async () => {
  const schema = z.object({ rows: z.number().default(7) });
  expect(await checkedInput("metadata", schema, {})).toEqual({ rows: 7 });
});
