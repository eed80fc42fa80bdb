import type { FilterSpec, ObservedObject } from "@millrace/core/internal";
import { expect, onTestFinished, test } from "vitest";
import { startEngine } from "../engine/engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "../engine/specs.ts";

const SEEN: ObservedObject = {
  dataset: "default/raw",
  partition: {},
  kind: "changed",
  bucket: "lake",
  key: "raw/a.csv",
  etag: "A",
  bytes: 1,
  versionId: null,
  sequencer: "01",
  at: Date.UTC(2026, 1, 3),
  via: "event",
};

function removedAt(sequencer: string): ObservedObject {
  return { ...SEEN, kind: "removed", etag: null, bytes: null, sequencer, at: SEEN.at + 1_000 };
}

const ASKS: FilterSpec = { path: ["kind"], op: "eq", value: "removed" };

test("the removal of an object starts only the pipelines that ask for removals", async () => {
  const engine = await startEngine("embedded");
  onTestFinished(() => engine.close());
  const datasets = declare(datasetSpec("raw", { uri: "s3://lake/raw/*.csv" }));
  const every = leg("raw");
  const asking = leg("raw", [], ASKS);
  await engine.register(
    pipelineSpec("load", [taskSpec("t")], { datasets, triggers: { data: updated(every, true) } }),
    pipelineSpec("tidy", [taskSpec("t")], { datasets, triggers: { data: updated(asking, true) } }),
  );
  await engine.store.recordObjects([SEEN]);
  await engine.settle();
  await engine.store.recordObjects([removedAt("02")]);
  // Told twice, and by a second event: what is gone already is no news.
  await engine.store.recordObjects([removedAt("02"), removedAt("03")]);
  await engine.settle();
  const kinds = await engine.rows("select kind from millrace.update order by id");
  expect(kinds).toEqual([{ kind: "changed" }, { kind: "removed" }]);
  const runs = await engine.rows(`
    select p.name, u.kind from millrace.delivery d
    join millrace.trigger t on t.id = d.trigger_id
    join millrace.pipeline p on p.id = t.pipeline_id
    join millrace.update u on d.fact_kind = 'update' and u.id = d.fact_id
    where d.disposition <> 'filtered' order by u.id`);
  expect(runs).toEqual([
    { name: "load", kind: "changed" },
    { name: "tidy", kind: "removed" },
  ]);
  expect(await engine.rows("select count(*) as runs from millrace.run")).toEqual([{ runs: 2 }]);
  const reasons = await engine.rows(`
    select reason from millrace.delivery where disposition = 'filtered' order by fact_id`);
  expect(reasons).toEqual([
    { reason: "its filter does not match" },
    { reason: 'it is a removal, and these count only with .where({ kind: "removed" })' },
  ]);
});
