import type { JsonValue } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { askDagsterAssets, type DagsterAssetCheck } from "./dagster-asset.ts";
import type { SystemRequest } from "./run-system.ts";

const NOON = Date.UTC(2026, 1, 3, 12);
const check: DagsterAssetCheck = {
  target: { system: "dagster", baseUrl: "https://dagster.example", connection: null },
  asset: ["raw", "flights"],
  partition: null,
  since: null,
};

async function ask(checks: readonly DagsterAssetCheck[], value: JsonValue | null) {
  const asked: SystemRequest[] = [];
  const observations = await askDagsterAssets(checks, {
    now: () => NOON,
    ask: (request) => {
      asked.push(request);
      const failure = { type: "timeout", message: "late" } as const;
      return Promise.resolve(value === null ? { ok: false, failure } : { ok: true, value });
    },
  });
  return { asked, observations };
}

const asset = (...assetMaterializations: JsonValue[]): JsonValue => ({
  data: { q0: { __typename: "Asset", assetMaterializations } },
});
const made = { runId: "r", timestamp: String(NOON) };

test.each<[string, Partial<DagsterAssetCheck>, JsonValue | null, string]>([
  ["a materialization", {}, asset(made), "succeeded"],
  ["one at the very start", { since: NOON }, asset(made), "succeeded"],
  ["one from before", { since: NOON + 1 }, asset(made), "missing"],
  ["none", {}, asset(), "missing"],
  ["no asset", {}, { data: { q0: { __typename: "AssetNotFoundError" } } }, "missing"],
  ["an error", {}, { data: { q0: { __typename: "PythonError" } } }, "unreachable"],
  ["another document", {}, { errors: [] }, "unreachable"],
  ["no timestamp", {}, asset({ runId: "r" }), "unreachable"],
  ["no answer", {}, null, "unreachable"],
])("%s is with %j", async (_what, more, answer, type) => {
  const { observations } = await ask([{ ...check, ...more }], answer);
  expect(observations.map((observation) => observation.type)).toEqual([type]);
});

test("many assets are one document, each with its own answer", async () => {
  const { asked, observations } = await ask([check, { ...check, asset: ["b"], partition: "eu" }], {
    data: {
      q0: { __typename: "AssetNotFoundError" },
      q1: { __typename: "Asset", assetMaterializations: [made] },
    },
  });
  expect(asked.map(({ body }) => body)).toMatchObject([
    { variables: { k0: { path: ["raw", "flights"] }, p0: null, k1: { path: ["b"] }, p1: ["eu"] } },
  ]);
  expect(observations).toMatchObject([
    { type: "missing", url: "https://dagster.example/assets/raw/flights" },
    { type: "succeeded", value: { asset: ["b"], partition: "eu", runId: "r" } },
  ]);
});
