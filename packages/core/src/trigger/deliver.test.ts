import { expect, test } from "vitest";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { ConditionSpec, LegSpec, PolicySpec } from "../spec/trigger-spec.ts";
import { deliver, type TriggeringFact } from "./deliver.ts";
import { type RegisteredTrigger, TriggerIndex } from "./trigger-index.ts";

const day = { kind: "day", start: "2026-11-01", timezone: "UTC" } as const;
const any = { kind: "dynamic", match: null } as const;

const fact: TriggeringFact = {
  kind: "update",
  id: 7,
  source: { type: "dataset", dataset: "d/sales" },
  at: Date.parse("2026-11-21T06:00Z"),
  partition: { date: "2026-11-20" },
  schemes: { date: day },
  facts: { uri: "s3://lake/sales/2026-11-20.csv", metadata: { rows: 3 } },
  state: null,
  contentVersion: null,
  quarantined: false,
  suppressed: false,
  backfillId: null,
};

const sales: LegSpec = {
  source: { type: "dataset", dataset: "d/sales" },
  where: null,
  partition: { date: { map: "same", from: "date" } },
};
const tables: LegSpec = {
  source: { type: "pattern", uri: "s3://lake/{table}/*.csv", captures: { table: any } },
  where: null,
  partition: { table: { map: "same", from: "table" } },
};

const REMOVED_OR_CHANGED: LegSpec["where"] = {
  path: ["kind"],
  op: "in",
  value: ["changed", "removed"],
};

interface Wanted {
  readonly legs?: readonly LegSpec[];
  readonly partitions?: PartitionSchemes;
  readonly policy?: Partial<PolicySpec>;
  readonly off?: RegisteredTrigger["off"];
}

function registered(triggerId: number, wanted: Wanted = {}): RegisteredTrigger {
  const of = (wanted.legs ?? [sales]).map((leg): ConditionSpec => ({ type: "leg", leg }));
  return {
    triggerId,
    name: `t${triggerId}`,
    pipelineRowId: triggerId,
    pipeline: `d/p${triggerId}`,
    versionId: 1,
    partitions: wanted.partitions ?? { date: day },
    spec: {
      type: "datasets",
      enabled: true,
      condition: { type: "all", of },
      policy: { each: false, ...wanted.policy },
      params: {},
    },
    off: wanted.off ?? null,
  };
}

/** What becomes of a fact, in short. */
function fates(wanted: Wanted, given: Partial<TriggeringFact> = {}) {
  const index = new TriggerIndex(1, [registered(1, wanted)]);
  return deliver(index, { ...fact, ...given }).map(
    ({ disposition, partition, legs, member, reason }) => ({
      disposition,
      partition,
      legs,
      member,
      reason,
    }),
  );
}
const pending = { disposition: "pending", reason: null, member: '{"date":"2026-11-20"}' };

test("a fact is delivered to the group of the partition that it is for", () => {
  expect(fates({})).toEqual([{ ...pending, legs: [0], partition: { date: "2026-11-20" } }]);
});

test("a pattern sees updates of any dataset by their URIs, and its captures are the member", () => {
  const wanted = { legs: [tables], partitions: { table: any } };
  expect(fates(wanted)).toEqual([
    { ...pending, legs: [0], partition: { table: "sales" }, member: '{"table":"sales"}' },
  ]);
  expect(fates(wanted, { facts: { uri: "s3://lake/sales/x.json" } })).toEqual([]);
  expect(fates(wanted, { facts: { uri: null } })).toEqual([]);
});

test("events are seen by name and by pattern", () => {
  const told = { ...fact, kind: "event", facts: {} } as const;
  const index = new TriggerIndex(1, [
    registered(1, {
      legs: [{ source: { type: "events", pattern: "ticket.*" }, where: null, partition: {} }],
      partitions: {},
    }),
    registered(2, {
      legs: [{ source: { type: "event", event: "ticket.new" }, where: null, partition: {} }],
      partitions: {},
    }),
  ]);
  const heard = (event: string) =>
    deliver(index, { ...told, source: { type: "event", event } }).map(
      ({ trigger }) => trigger.triggerId,
    );
  expect(heard("ticket.new")).toEqual([2, 1]);
  expect(heard("ticket.old")).toEqual([1]);
  expect(heard("ticket")).toEqual([]);
});

test.each([
  [null, 1],
  [undefined, 1],
  ["d", 1],
  ["other", 0],
  // A namespace is not the beginning of another's name.
  ["", 0],
])("an event of namespace %j is heard %i times in namespace d", (namespace, times) => {
  const scope = namespace === undefined ? {} : { namespace };
  const source = { type: "event", event: "ticket.new" } as const;
  const legs = [{ source, where: null, partition: {} }];
  const patterns = [
    { source: { type: "events", pattern: "ticket.*" } as const, where: null, partition: {} },
  ];
  const told = { kind: "event", source, facts: {}, ...scope } as const;
  expect(fates({ legs, partitions: {} }, told)).toHaveLength(times);
  expect(fates({ legs: patterns, partitions: {} }, told)).toHaveLength(times);
});

test("one fact may be for several partitions, each with a delivery of its own", () => {
  const every: LegSpec = { ...sales, partition: { date: { map: "all" } } };
  const found = fates({ legs: [every] });
  expect(found).toHaveLength(21);
  expect(found.every(({ disposition }) => disposition === "pending")).toBe(true);
});

test("what atMost leaves out is said once, and the newest partitions are served", () => {
  const every: LegSpec = { ...sales, partition: { date: { map: "all" } } };
  const found = fates({ legs: [every], policy: { atMost: 2 } });
  expect(found.map(({ partition }) => partition?.["date"])).toEqual([
    "2026-11-20",
    "2026-11-21",
    undefined,
  ]);
  expect(found.at(-1)).toMatchObject({
    disposition: "limit_reached",
    legs: [],
    reason: "it is for 21 partitions, and atMost allows 2",
  });
});

test("legs of one fact that are for one partition share a delivery", () => {
  const rows: LegSpec = {
    ...sales,
    where: { path: ["metadata", "rows"], op: "gt", value: 0 } as never,
  };
  expect(fates({ legs: [sales, rows] })).toMatchObject([{ disposition: "pending", legs: [0, 1] }]);
});

test("what is quarantined or suppressed triggers nothing, whatever the trigger", () => {
  expect(fates({}, { quarantined: true })).toMatchObject([
    { disposition: "quarantined", partition: null, legs: [] },
  ]);
  expect(fates({}, { suppressed: true })).toMatchObject([
    { disposition: "suppressed", partition: null, legs: [] },
  ]);
});

test("a trigger that is off keeps what comes, unless it says that it drops it", () => {
  expect(fates({ off: "trigger_disabled" })).toMatchObject([{ disposition: "pending" }]);
  const drop = { policy: { whilePaused: "drop" } } as const;
  expect(fates(drop)).toMatchObject([{ disposition: "pending" }]);
  expect(fates({ ...drop, off: "trigger_disabled" })).toMatchObject([
    {
      disposition: "dropped",
      partition: null,
      reason: "the trigger is disabled, and it drops what comes",
    },
  ]);
  expect(fates({ ...drop, off: "pipeline_paused" })).toMatchObject([
    { disposition: "dropped", reason: "the pipeline is paused, and it drops what comes" },
  ]);
});

test("a partition that does not fit is a mismatch with its reason", () => {
  const [found] = fates({}, { partition: { date: "2026-10-01" } });
  expect(found).toMatchObject({ disposition: "partition_mismatch", partition: null });
  expect(found?.reason).toMatch(/before the first day/);
});

test("a delivery says for which backfill it is", () => {
  const index = new TriggerIndex(1, [registered(1)]);
  expect(deliver(index, { ...fact, backfillId: 4 })).toMatchObject([{ backfillId: 4 }]);
});

test("patterns that begin otherwise than the fact are not tried", () => {
  const others = Array.from({ length: 1_000 }, (_, at) =>
    registered(at + 2, {
      legs: [
        {
          ...tables,
          source: { type: "pattern", uri: `s3://b${at}/{table}/*`, captures: { table: any } },
        },
      ],
      partitions: { table: any },
    }),
  );
  const index = new TriggerIndex(1, [registered(1), ...others]);
  expect(deliver(index, fact).map(({ trigger }) => trigger.triggerId)).toEqual([1]);
});

test.each<readonly [string, LegSpec["where"], string]>([
  ["without a filter does not count", null, "filtered"],
  [
    "with a filter about something else does not count",
    { path: ["metadata", "rows"], op: "exists", value: false },
    "filtered",
  ],
  ["that is asked for counts", { path: ["kind"], op: "eq", value: "removed" }, "pending"],
  ["that is asked for with a change counts", REMOVED_OR_CHANGED, "pending"],
  [
    "that is asked not to count does not",
    { path: ["kind"], op: "ne", value: "removed" },
    "filtered",
  ],
])("a removal %s", (_what, where, disposition) => {
  const removal = { ...fact, facts: { uri: null, metadata: null, kind: "removed" } };
  const index = new TriggerIndex(1, [registered(1, { legs: [{ ...sales, where }] })]);
  expect(deliver(index, removal)).toMatchObject([{ disposition }]);
});

test("a removal that nobody asked for says how to ask", () => {
  const removal = { ...fact, facts: { uri: null, metadata: null, kind: "removed" } };
  const index = new TriggerIndex(1, [registered(1)]);
  expect(deliver(index, removal)[0]?.reason).toBe(
    'it is a removal, and these count only with .where({ kind: "removed" })',
  );
});
