import type { DatasetSpec, ObservedObject, ReadySpec } from "@millrace/core/internal";
import { createStore, openServer, why } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { type Engine, startEngine } from "./engine.ts";
import { datasetSpec, DAY, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const URI = "s3://lake/raw/{date}/**";
const MARKER: ReadySpec = { type: "marker", name: "_SUCCESS" };
const MANIFEST: ReadySpec = { type: "manifest", name: "manifest.json" };

const reading = (part: Partial<DatasetSpec>) =>
  pipelineSpec("reader", [taskSpec("t")], {
    partitions: DAY,
    datasets: declare(datasetSpec("raw", { uri: URI, partitions: DAY, ...part })),
    triggers: { data: updated(leg("raw", ["date"])) },
  });

/** One version of one object of a day; each `version` comes a second after the one before. */
function object(
  name: string,
  {
    version = 1,
    day = "2026-03-01",
    ...part
  }: Partial<ObservedObject> & {
    version?: number;
    day?: string;
  } = {},
): ObservedObject {
  return {
    dataset: "default/raw",
    partition: { date: day },
    kind: "changed",
    bucket: "lake",
    key: `raw/${day}/${name}`,
    etag: `e${version}`,
    bytes: 100,
    versionId: null,
    sequencer: version.toString(16).padStart(8, "0"),
    at: Date.UTC(2026, 2, 1) + version * 1_000,
    via: "event",
    ...part,
  };
}

interface UpdateRow {
  readonly partition: string;
  readonly kind: string;
  readonly uri: string;
  readonly metadata: unknown;
}

const UPDATES = "select partition, kind, uri, metadata from millrace.update order by id";

describe.each(["embedded", "server"] as const)("readiness on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterAll(() => engine.close());
  beforeEach(async () => {
    await engine.setNow("2026-03-01T12:00:00Z");
    await engine.rows(`truncate millrace.update, millrace.fact_pending, millrace.fact_key,
      millrace.object_state, millrace.partition_ready, millrace.partition_listed`);
  });

  const declareReady = (ready: ReadySpec) => engine.register(reading({ ready }));
  const tell = (...objects: readonly ObservedObject[]) => engine.store.recordObjects(objects);
  const updates = () => engine.rows<UpdateRow>(UPDATES);
  const told = async (): Promise<readonly unknown[]> =>
    (await updates()).map(({ metadata }) => metadata);
  const missing = async (): Promise<readonly string[]> => {
    const rows = await engine.rows<{ missing: string }>(
      "select missing from millrace.partition_ready where not is_complete order by partition",
    );
    return rows.map((row) => row.missing);
  };

  test("a marker completes a partition: one update, of its prefix, starts one run", async () => {
    await declareReady(MARKER);
    await tell(object("a"), object("b"));
    expect([await updates(), await missing()]).toEqual([[], ["the marker _SUCCESS"]]);
    const { ids } = await tell(object("_SUCCESS", { bytes: 0 }));
    expect(ids).toEqual([expect.any(Number)]);
    const by = "the marker raw/2026-03-01/_SUCCESS is there";
    expect([await updates(), await missing()]).toEqual([
      [
        {
          partition: '{"date":"2026-03-01"}',
          kind: "changed",
          uri: "s3://lake/raw/2026-03-01/",
          metadata: { by, objects: 3, bytes: 200 },
        },
      ],
      [],
    ]);
    expect(await engine.settle()).toHaveLength(1);
  });

  test("what is told again makes no second update, by whatever way it comes", async () => {
    await declareReady({ type: "count", count: 2 });
    const both = [object("a"), object("b")];
    await tell(...both);
    await tell(...both);
    const listedAt = Date.UTC(2026, 2, 1, 1);
    await tell(
      ...both.map((each) => ({ ...each, sequencer: null, via: "listing", listedAt }) as const),
    );
    // Written again with the same bytes.
    await tell(object("a", { version: 9, etag: "e1" }));
    expect(await told()).toEqual([
      { by: "2 objects are there, of at least 2", objects: 2, bytes: 200 },
    ]);
  });

  test("partitions of one batch are complete each by itself", async () => {
    await declareReady({ type: "totalBytes", bytes: 150 });
    const { ids } = await tell(
      object("a"),
      object("a", { day: "2026-03-02" }),
      object("b"),
      object("a", { day: "2026-03-03", bytes: 150 }),
    );
    expect(ids).toEqual([null, null, expect.any(Number), expect.any(Number)]);
    expect(await missing()).toEqual(["50 of 150 bytes"]);
  });

  test("a late object, or other content, is one more update", async () => {
    await declareReady(MARKER);
    await tell(object("a"), object("_SUCCESS"));
    await tell(object("b"), object("c"));
    await tell(object("a", { version: 2 }));
    expect(await told()).toMatchObject([{ objects: 2 }, { objects: 4 }, { objects: 4 }]);
  });

  test("a partition whose marker is removed waits again, until it is written anew", async () => {
    await declareReady(MARKER);
    await tell(object("a"), object("_SUCCESS"));
    await tell(object("_SUCCESS", { version: 2, kind: "removed", etag: null, bytes: null }));
    await tell(object("a", { version: 3 }));
    expect([await told(), await missing()]).toMatchObject([[{}], ["the marker _SUCCESS"]]);
    await tell(object("_SUCCESS", { version: 4, etag: "e1" }));
    expect([await told(), await missing()]).toMatchObject([[{}, {}], []]);
  });

  test("a partition that was told of and lost its last object is removed", async () => {
    await declareReady({ type: "count", count: 1 });
    const gone = { version: 2, kind: "removed", etag: null, bytes: null } as const;
    await tell(object("a"), object("b"));
    await tell(object("a", gone), object("b", gone));
    expect((await updates()).map((row) => row.kind)).toEqual(["changed", "removed"]);
    expect(await engine.rows("select from millrace.partition_ready")).toEqual([]);
  });

  test("a manifest waits for what it lists, and for being read", async () => {
    await declareReady(MANIFEST);
    const listed = ["raw/2026-03-01/a", "raw/2026-03-01/b"];
    await tell(object("a"), object("manifest.json"));
    expect(await missing()).toEqual(["what the manifest manifest.json lists: it is not read yet"]);
    await tell(object("manifest.json", { listed }));
    expect(await missing()).toEqual(["1 of the 2 objects of manifest.json: raw/2026-03-01/b"]);
    await tell(object("b"));
    const all = { by: "all that the manifest manifest.json lists is there", objects: 3 };
    expect([await told(), await missing()]).toMatchObject([[all], []]);
    // Beside the partition, for the manifest does not list it.
    await tell(object("c"));
    expect(await told()).toHaveLength(1);
  });

  test("a manifest that is written anew lists anew", async () => {
    await declareReady(MANIFEST);
    const key = (name: string) => `raw/2026-03-01/${name}`;
    await tell(object("a"), object("manifest.json", { listed: [key("a")] }));
    await tell(object("manifest.json", { version: 2, listed: [key("a"), key("b")] }));
    // An old telling of it changes nothing.
    await tell(object("manifest.json", { listed: [key("a")] }));
    expect([await told(), await missing()]).toMatchObject([
      [{ objects: 2 }],
      [`1 of the 2 objects of manifest.json: ${key("b")}`],
    ]);
    await tell(object("b"));
    expect(await told()).toMatchObject([{ objects: 2 }, { objects: 3 }]);
  });

  test("why tells of partitions that are not complete, and what they miss", async () => {
    await declareReady(MARKER);
    await tell(object("a"), object("b"), object("_SUCCESS", { day: "2026-03-02" }));
    const answer = await why(engine.database, { type: "dataset", dataset: "default/raw" });
    expect(answer).toMatchObject({
      incomplete: [
        {
          partition: { date: "2026-03-01" },
          missing: "the marker _SUCCESS",
          objects: 2,
          bytes: 200,
          since: "2026-03-01T12:00:00.000Z",
        },
      ],
    });
    expect(answer?.lines.join("\n")).toMatch(
      /Incomplete: date=2026-03-01, since .+; 2 objects are there\. Missing: the marker _SUCCESS\./,
    );
  });

  test("quiet completes it by time alone, and each object begins the wait anew", async () => {
    await declareReady({ type: "quiet", quietMs: 300_000 });
    const { timerAt } = await tell(object("a"));
    expect(timerAt).toBe(Date.UTC(2026, 2, 1, 12, 5));
    await engine.setNow("2026-03-01T12:04:00Z");
    await tell(object("b"));
    expect(await engine.store.nextDueInMs()).toBe(300_000);
    await engine.setNow("2026-03-01T12:08:59Z");
    expect(await engine.store.fireDue(100)).toMatchObject({ fired: 0 });
    expect([await told(), await missing()]).toEqual([[], ["5m in which nothing comes"]]);
    await engine.setNow("2026-03-01T12:09:00Z");
    await engine.store.fireDue(100);
    await engine.store.fireDue(100);
    expect(await told()).toEqual([{ by: "nothing came for 5m", objects: 2, bytes: 200 }]);
    expect(await engine.store.nextDueInMs()).toBeNull();
    await tell(object("c"));
    expect(await missing()).toEqual(["5m in which nothing comes"]);
    await engine.setNow("2026-03-01T12:14:00Z");
    await engine.store.fireDue(100);
    expect(await told()).toMatchObject([{ objects: 2 }, { objects: 3 }]);
  });

  test("another rule is judged by without anything new; what has none is forgotten", async () => {
    await declareReady({ type: "count", count: 3 });
    await tell(object("a"), object("b"));
    await declareReady({ type: "count", count: 2 });
    await engine.store.fireDue(100);
    expect(await told()).toMatchObject([{ by: "2 objects are there, of at least 2" }]);
    await engine.register(reading({}));
    expect(await engine.rows("select from millrace.partition_ready")).toEqual([]);
    await tell(object("c"));
    expect(await updates()).toMatchObject([{}, { uri: "s3://lake/raw/2026-03-01/c" }]);
  });

  test("objects from before the rule count as soon as they are told again", async () => {
    await engine.register(reading({}));
    await tell(object("a"));
    await declareReady({ type: "count", count: 2 });
    await tell(object("b"));
    expect(await missing()).toEqual(["1 of 2 objects"]);
    await tell(object("a", { sequencer: null, via: "listing", listedAt: Date.UTC(2026, 2, 2) }));
    expect(await missing()).toEqual([]);
  });

  test("what was counted once is not counted again with each object", async () => {
    await declareReady({ type: "count", count: 4 });
    await tell(object("a"), object("b"), object("c"));
    // Whoever looked at them again would miss them.
    await engine.rows("delete from millrace.object_state");
    await tell(object("d"));
    expect(await told()).toMatchObject([{ objects: 4, bytes: 400 }]);
  });

  test("an object whose size is known at last adds it, though it is no news", async () => {
    await declareReady({ type: "totalBytes", bytes: 150 });
    await tell(object("a", { bytes: null }), object("b"));
    expect(await missing()).toEqual(["50 of 150 bytes; the size of 1 objects is not known"]);
    await tell(object("a", { version: 2, etag: "e1", bytes: 50 }));
    expect(await told()).toMatchObject([{ objects: 2, bytes: 150 }]);
  });

  test("an object that is of another partition now leaves the one before", async () => {
    await declareReady({ type: "count", count: 2 });
    await tell(object("a"), object("b"));
    await tell(object("a", { version: 2, partition: { date: "2026-03-02" } }));
    expect(await missing()).toEqual(["1 of 2 objects", "1 of 2 objects"]);
    await tell(object("b", { version: 2, partition: { date: "2026-03-02" } }));
    const seen = (await updates()).map(({ kind, partition }) => [kind, partition]);
    expect(seen).toEqual([
      ["changed", '{"date":"2026-03-01"}'],
      ["removed", '{"date":"2026-03-01"}'],
      ["changed", '{"date":"2026-03-02"}'],
    ]);
  });

  test("a rule that was taken away and comes again counts anew", async () => {
    await declareReady({ type: "count", count: 3 });
    await tell(object("a"), object("b"));
    await engine.register(reading({}));
    await declareReady({ type: "count", count: 2 });
    await tell(object("c"));
    expect(await missing()).toEqual(["1 of 2 objects"]);
    await tell(object("a", { sequencer: null, via: "listing", listedAt: Date.UTC(2026, 2, 2) }));
    expect(await told()).toMatchObject([{ objects: 2 }]);
  });

  test("what one manifest lists says nothing of another", async () => {
    await declareReady(MANIFEST);
    const listed = ["raw/2026-03-01/a", "raw/2026-03-01/b"];
    await tell(object("manifest.json", { listed }), object("a"), object("other.json"));
    await declareReady({ type: "manifest", name: "other.json" });
    await engine.store.fireDue(100);
    expect(await missing()).toEqual(["what the manifest other.json lists: it is not read yet"]);
    await tell(object("other.json", { listed: ["raw/2026-03-01/a"] }));
    expect(await told()).toHaveLength(1);
  });

  describe("a partition that is forgotten", () => {
    const forget = () => engine.store.prune("partition", { historyMs: 0, keysMs: 3_600_000 }, 100);
    const gone = { version: 5, kind: "removed", etag: null, bytes: null } as const;
    const begin = async (ready: ReadySpec): Promise<void> => {
      await declareReady(ready);
      await tell(object("a"), object("b"), object("c", { day: "2026-03-02" }));
      expect(await forget()).toEqual({ removed: 0, more: false });
      await engine.setNow("2026-03-01T13:00:01Z");
      expect(await forget()).toEqual({ removed: 1, more: false });
      expect(await updates()).toHaveLength(1);
    };

    test("is told of no second time, neither by what is told again nor by equal content", async () => {
      await begin({ type: "count", count: 2 });
      await tell(object("a"), object("b"));
      await tell(object("a", { version: 4, etag: "e1", versionId: "v4" }));
      expect(await updates()).toHaveLength(1);
      // What waits is never forgotten.
      expect(await missing()).toEqual(["1 of 2 objects"]);
    });

    test("is told of again for a late object, and when it is removed", async () => {
      await begin({ type: "count", count: 2 });
      await tell(object("d"));
      expect(await told()).toMatchObject([{ objects: 2 }, { objects: 3 }]);
      await engine.setNow("2026-03-01T15:00:00Z");
      expect(await forget()).toMatchObject({ removed: 1 });
      await tell(...["a", "b", "d"].map((name) => object(name, gone)));
      expect((await updates()).map(({ kind }) => kind)).toEqual(["changed", "changed", "removed"]);
    });
  });
});

test("of the last objects that come at once, in many processes, one makes the update", async () => {
  const server = await createDatabase();
  const database = openServer({ url: server.url, connectionsMax: 8 });
  try {
    const store = createStore(database);
    const ready = { type: "count", count: 8 } as const;
    await store.register({ name: "test", build: null, pipelines: [reading({ ready })] });
    const days = Array.from(
      { length: 20 },
      (_, at) => `2026-03-${String(at + 1).padStart(2, "0")}`,
    );
    for (const day of days) {
      const names = Array.from({ length: 8 }, (_, at) => `part-${at}`);
      await Promise.all(
        [...names, ...names].map((name) => store.recordObjects([object(name, { day })])),
      );
    }
    const { rows } = await sql`
      select partition, count(*)::int as times from millrace.update group by 1 order by 1`.execute(
      database.db,
    );
    expect(rows).toEqual(days.map((date) => ({ partition: JSON.stringify({ date }), times: 1 })));
  } finally {
    await database.close();
    await server.drop();
  }
}, 60_000);
