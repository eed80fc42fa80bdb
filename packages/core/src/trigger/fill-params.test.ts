import { expect, test } from "vitest";
import { fillParams, missingParams } from "./fill-params.ts";

const facts = { data: { ticket: "T1", none: null, list: ["a"] } };

test("params are values, or found by their path in the fact", () => {
  const params = {
    level: { value: 2 },
    ticket: { path: ["data", "ticket"] },
    first: { path: ["data", "list", "0"] },
    gone: { path: ["data", "gone"] },
  };
  expect(fillParams(params, facts)).toEqual({ level: 2, ticket: "T1", first: "a" });
});

test("a required param is missing when its path finds nothing, or nobody gives it", () => {
  const params = {
    ticket: { path: ["data", "ticket"] },
    gone: { path: ["data", "gone"] },
    deep: { path: ["data", "ticket", "length"] },
    inherited: { path: ["data", "toString"] },
    beyond: { path: ["data", "list", "1"] },
  };
  const required = ["ticket", "gone", "deep", "inherited", "beyond", "toString"];
  expect(missingParams(params, { required }, facts)).toEqual(required.slice(1));
});

test("null is a value, and what is not required may be absent", () => {
  const params = { none: { path: ["data", "none"] }, gone: { path: ["data", "gone"] } };
  expect(missingParams(params, { required: ["none"] }, facts)).toEqual([]);
  expect(missingParams(params, { required: [] }, facts)).toEqual([]);
});
