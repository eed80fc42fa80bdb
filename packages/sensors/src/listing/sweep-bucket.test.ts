import type { DatasetSpec } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { MemoryIntake } from "../../../../tests/harness/memory-intake.ts";
import { ObjectIntake } from "../intake/object-intake.ts";
import { type S3ListingSourceOptions, s3ListingSource } from "../source/object-source.ts";
import type { Pace } from "../source/pause.ts";
import type { SourceHealth } from "../source/source-health.ts";
import type { ListedPage, ListFrom, ObjectLister } from "./object-lister.ts";
import { sweepBucket } from "./sweep-bucket.ts";

const PAGE = 2;
const NOON = Date.UTC(2026, 1, 3, 12);

function dataset(name: string, uri: string): DatasetSpec {
  const partitions = {};
  return { namespace: "ops", name, uri, partitions, metadata: null, observed: false };
}

/** A bucket in memory with pages of two, and a clock that each listing moves by a minute. */
class MemoryBucket implements ObjectLister {
  readonly objects = new Map<string, { etag: string; at: number }>();
  readonly listed: string[] = [];
  /** Called before each page; throws to fail it. */
  before: (from: ListFrom) => void = () => undefined;
  #now = NOON;

  put(key: string, etag = "A"): void {
    this.objects.set(key, { etag, at: this.#now });
  }

  list(prefix: string, from: ListFrom): Promise<ListedPage> {
    this.#now += 60_000;
    const place = from === null ? null : "token" in from ? from.token : from.after;
    this.listed.push(`${prefix}${from !== null && "after" in from ? ">" : "@"}${place ?? ""}`);
    this.before(from);
    const keys = [...this.objects.keys()].toSorted().filter((key) => key.startsWith(prefix));
    const rest = keys.filter((key) => place === null || key > place);
    const objects = rest.slice(0, PAGE).map((key) => {
      const { etag, at } = this.objects.get(key) ?? { etag: null, at: 0 };
      return { key, etag, bytes: 1, at };
    });
    const next = rest.length > PAGE ? (objects.at(-1)?.key ?? null) : null;
    return Promise.resolve({ objects, next, listedAt: this.#now });
  }
}

function setup(
  options: Partial<S3ListingSourceOptions> = {},
  datasets = [dataset("raw", "s3://lake/raw/*.csv")],
) {
  const bucket = new MemoryBucket();
  const intake = new MemoryIntake();
  const problems: string[] = [];
  const pauses: number[] = [];
  const source = s3ListingSource({ name: "sweep", bucket: "lake", every: "5m", ...options });
  const objects = new ObjectIntake("sweep", {
    intake,
    datasets: () => Promise.resolve(datasets),
    produced: () => Promise.resolve(new Set()),
    afterwards: () => undefined,
    onProblem: ({ message }) => problems.push(message),
  });
  /** Runs `rounds` listings. What `between` does, it does after each but the last. */
  const run = async (
    rounds: number,
    between: (round: number) => void = () => undefined,
  ): Promise<SourceHealth> => {
    const done = Promise.withResolvers<void>();
    let round = 0;
    const pace: Pace = {
      random: () => 0,
      now: () => NOON,
      async pause(ms, signal) {
        pauses.push(ms);
        round += 1;
        if (round < rounds) return between(round);
        done.resolve();
        const aborted = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => aborted.resolve());
        await aborted.promise;
      },
    };
    const running = sweepBucket(source, bucket, objects, pace);
    await done.promise;
    await running.stop();
    return running.health();
  };
  return { bucket, intake, problems, pauses, run };
}

describe("what a listing finds", () => {
  test("an object that no event told of becomes an update, with the time of the listing", async () => {
    const { bucket, intake, run } = setup();
    bucket.put("raw/a.csv");
    await run(1);
    const listed = { via: "listing", sequencer: null, at: NOON, listedAt: NOON + 60_000 };
    expect(intake.updates).toMatchObject([
      { dataset: "ops/raw", key: "raw/a.csv", etag: "A", ...listed },
    ]);
  });

  test("an object that has not changed makes no second update, one that has makes one", async () => {
    const { bucket, intake, run } = setup();
    bucket.put("raw/a.csv");
    bucket.put("raw/b.csv");
    await run(3, (round) => round === 1 && bucket.put("raw/b.csv", "B"));
    expect(intake.story).toEqual(["raw/a.csv=A", "raw/b.csv=A", "raw/b.csv=B"]);
  });

  test("of a large bucket every object is found once", async () => {
    const { bucket, intake, run } = setup();
    const keys = Array.from({ length: 1_001 }, (_, at) => `raw/${String(at).padStart(4, "0")}.csv`);
    for (const key of keys) bucket.put(key);
    await run(7);
    expect(intake.updates.map(({ key }) => key)).toEqual(keys);
  });
});

describe("where it looks", () => {
  test("it lists what the datasets' URIs have in common, and nothing else", async () => {
    const { bucket, run } = setup({}, [
      dataset("raw", "s3://lake/raw/*.csv"),
      dataset("deep", "s3://lake/raw/deep/*.csv"),
      dataset("one", "s3://lake/ref/airports.csv"),
      dataset("far", "s3://pond/*"),
    ]);
    await run(1);
    expect(bucket.listed).toEqual(["raw/@", "ref/airports.csv@"]);
  });

  test("a prefix that is given goes before", async () => {
    const { bucket, run } = setup({ prefix: "raw/2026" });
    await run(1);
    expect(bucket.listed).toEqual(["raw/2026@"]);
  });

  test("without datasets in the bucket it lists nothing", async () => {
    const { bucket, run, problems } = setup({}, []);
    await run(2);
    expect(bucket.listed).toEqual([]);
    expect(problems).toEqual([]);
  });
});

describe("how it goes on", () => {
  test("after so many pages it rests, and takes up there", async () => {
    const { bucket, run, pauses } = setup({ pagesMax: 2 });
    for (const key of ["a", "b", "c", "d", "e"]) bucket.put(`raw/${key}.csv`);
    await run(3);
    expect(bucket.listed).toEqual([
      "raw/@",
      "raw/@raw/b.csv",
      "raw/@raw/d.csv",
      "raw/@",
      "raw/@raw/b.csv",
    ]);
    expect(pauses).toEqual([300_000, 300_000, 300_000]);
  });

  test("a page whose objects could not be recorded is listed again", async () => {
    const { bucket, intake, run, problems } = setup();
    for (const key of ["a", "b", "c"]) bucket.put(`raw/${key}.csv`);
    let failures = 1;
    intake.before = (items) =>
      items[0]?.key === "raw/c.csv" && failures-- > 0
        ? Promise.reject(new Error("away"))
        : Promise.resolve();
    await run(2);
    expect(bucket.listed).toEqual(["raw/@", "raw/@raw/b.csv", "raw/@raw/b.csv"]);
    expect(intake.updates).toHaveLength(3);
    expect(problems).toEqual(["The bucket lake could not be listed; it is tried again."]);
  });

  test("a page that could not be listed is gone on with behind the last key", async () => {
    const { bucket, intake, run } = setup();
    for (const key of ["a", "b", "c", "d", "e"]) bucket.put(`raw/${key}.csv`);
    let failures = 3;
    bucket.before = (from) => {
      if (from !== null && failures-- > 0) throw new Error("no network");
    };
    await run(4);
    const again = "raw/>raw/b.csv";
    expect(bucket.listed).toEqual([
      "raw/@",
      "raw/@raw/b.csv",
      again,
      again,
      again,
      "raw/@raw/d.csv",
    ]);
    expect(intake.updates).toHaveLength(5);
  });

  test("a service that takes neither its token nor a key is listed anew from the first key", async () => {
    const { bucket, intake, run } = setup();
    for (const key of ["a", "b", "c"]) bucket.put(`raw/${key}.csv`);
    let failures = 2;
    bucket.before = (from) => {
      if (from === null || failures-- <= 0) return;
      throw Object.assign(new Error("refused"), { $metadata: { httpStatusCode: 400 } });
    };
    await run(3);
    expect(bucket.listed).toEqual([
      "raw/@",
      "raw/@raw/b.csv",
      "raw/>raw/b.csv",
      "raw/@",
      "raw/@raw/b.csv",
    ]);
    expect(intake.updates).toHaveLength(3);
  });

  test("its health says what it looked at, what was news, and what failed", async () => {
    const { bucket, run } = setup();
    for (const key of ["a", "b", "c"]) bucket.put(`raw/${key}.csv`);
    const well = { state: "working", lastSuccessAt: NOON, received: 6, recorded: 3, lagMs: null };
    expect(await run(2)).toMatchObject(well);
    bucket.before = () => {
      throw new Error("no network");
    };
    expect(await run(1)).toMatchObject({
      state: "failing",
      lastFailure: "The bucket lake could not be listed; it is tried again. (no network)",
      failuresInARow: 1,
      backoffUntil: NOON + 500,
    });
  });

  test("failures are waited out longer and longer, but no longer than usual", async () => {
    const { bucket, run, pauses } = setup({ every: "3s" });
    bucket.before = () => {
      throw new Error("no network");
    };
    await run(5);
    expect(pauses).toEqual([500, 1_000, 2_000, 3_000, 3_000]);
  });
});
