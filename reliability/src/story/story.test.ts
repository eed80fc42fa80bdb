import { testProject } from "@millrace/testing";
import { expect, test } from "vitest";
import { pipelinesOf, type Family } from "./cast.ts";
import { drawOf } from "./chance.ts";
import { knobsOf } from "./knobs.ts";
import { Ledger } from "./ledger.ts";
import { planFor } from "./plan-for.ts";
import { NOWHERE } from "./story.ts";

const FAMILIES: readonly Family[] = [
  "chain",
  "gathering",
  "partitioned",
  "objects",
  "limited",
  "timed",
  "woven",
  "waiting",
  "rough",
];

test("every pipeline of every story fits the others of its build", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const knobs = knobsOf(drawOf(seed, "knobs"));
    const making = { seed, knobs, ledger: new Ledger(), outside: NOWHERE, build: (seed % 2) + 1 };
    const all = pipelinesOf({ families: new Set(FAMILIES), leaves: "some" }, making);
    await using project = await testProject(all);
    expect(await project.runs()).toEqual([]);
  }
});

test("equal seeds tell equal stories", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const [one, other] = [planFor(seed), planFor(seed)];
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
    const versions = one.processes.map(({ definitions }) =>
      definitions(0, NOWHERE).map(({ version }) => version),
    );
    expect(
      other.processes.map(({ definitions }) =>
        definitions(0, NOWHERE).map(({ version }) => version),
      ),
    ).toEqual(versions);
  }
});

test("what varies by seed does vary", () => {
  const plans = Array.from({ length: 40 }, (_, seed) => planFor(seed));
  const labels = new Set(
    plans.flatMap(({ steps }) => steps.map(({ label }) => label.split(" ")[0])),
  );
  expect([...labels].toSorted((a = "", b = "") => a.localeCompare(b))).toEqual([
    "answer",
    "backfill",
    "cancel",
    "clear",
    "deploy",
    "event",
    "let",
    "list",
    "mark",
    "pause",
    "poison",
    "release",
    "remove",
    "rerun",
    "retry",
    "set",
    "start",
    "update",
    "wait",
    "write",
    "write,",
  ]);
});
