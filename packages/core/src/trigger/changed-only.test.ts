import { expect, test } from "vitest";
import { compileCondition } from "./compile-condition.ts";
import { sortByContent } from "./changed-only.ts";
import type { Delivery, TriggeringFact } from "./deliver.ts";

const source = { type: "dataset", dataset: "d/sales" } as const;
const condition = { type: "leg", leg: { source, where: null, partition: {} } } as const;

function delivery(id: number, contentVersion: string | null, group = "eu"): Delivery {
  return {
    trigger: {
      triggerId: 1,
      name: "t",
      pipelineRowId: 1,
      pipeline: "d/p",
      versionId: 1,
      partitions: {},
      spec: {
        type: "datasets",
        enabled: true,
        condition,
        policy: { each: false, changedOnly: true },
        params: {},
      },
      off: null,
      condition: compileCondition(condition),
    },
    fact: factOf(id, contentVersion),
    legs: [0],
    partition: { region: group },
    member: "{}",
    backfillId: null,
    disposition: "pending",
    reason: null,
  };
}

const facts = new Map<number, TriggeringFact>();
function factOf(id: number, contentVersion: string | null): TriggeringFact {
  const fact: TriggeringFact = facts.get(id) ?? {
    kind: "update",
    id,
    source,
    at: id,
    partition: {},
    schemes: {},
    facts: { uri: null },
    state: null,
    contentVersion,
    quarantined: false,
    suppressed: false,
    backfillId: null,
  };
  facts.set(id, fact);
  return fact;
}

test("within one batch, each update is compared with the one before it", () => {
  const told = [delivery(1, "v1"), delivery(2, "v1"), delivery(3, "v2"), delivery(4, "v1")];
  const { changed, unchanged, news } = sortByContent(told, new Map());
  expect(changed.map(({ fact }) => fact.id)).toEqual([1, 3, 4]);
  expect(unchanged.map(({ fact }) => fact.id)).toEqual([2]);
  expect(news.map(({ version }) => version)).toEqual(["v1"]);
});

test("one update for several partitions is news in all of them, and the next one in none", () => {
  const told = [
    delivery(11, "v1", "eu"),
    delivery(11, "v1", "us"),
    delivery(12, "v1", "eu"),
    delivery(12, "v1", "us"),
  ];
  const { changed, unchanged } = sortByContent(told, new Map());
  expect(changed.map(({ fact }) => fact.id)).toEqual([11, 11]);
  expect(unchanged.map(({ fact }) => fact.id)).toEqual([12, 12]);
});

test("an update without a content version is always a change", () => {
  const { changed, news } = sortByContent([delivery(21, null), delivery(22, null)], new Map());
  expect(changed).toHaveLength(2);
  expect(news).toEqual([]);
});
