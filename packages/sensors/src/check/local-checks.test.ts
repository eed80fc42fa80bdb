import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JsonValue } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ListedObject, ObjectLister } from "../listing/object-lister.ts";
import { askFile, type FileCheck } from "./file-check.ts";
import { type HttpCheck, readHttp } from "./http-check.ts";
import { askS3, type S3Check } from "./s3-check.ts";
import { readSql, type SqlCheck } from "./sql-check.ts";

const NOW = Date.UTC(2026, 1, 3);
const now = () => NOW;

describe("a file", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "millrace-check-"));
    await writeFile(path.join(directory, "full"), "12345");
    await utimes(path.join(directory, "full"), NOW / 1_000 - 60, NOW / 1_000 - 60);
    await mkdir(path.join(directory, "empty"));
    await utimes(path.join(directory, "empty"), NOW / 1_000 - 60, NOW / 1_000 - 60);
  });
  afterAll(() => rm(directory, { recursive: true }));

  test.each<[string, Partial<FileCheck>, string]>([
    ["full", {}, "succeeded"],
    ["full", { atLeast: 5 }, "succeeded"],
    ["full", { atLeast: 6 }, "running"],
    ["full", { quietMs: 60_000 }, "succeeded"],
    ["full", { quietMs: 60_001 }, "running"],
    ["full", { type: "directory" }, "failed"],
    ["none", {}, "missing"],
    ["full/below", {}, "missing"],
    ["empty", { type: "directory" }, "succeeded"],
    ["empty", { type: "directory", atLeast: 1 }, "running"],
    [".", { type: "directory", atLeast: 2 }, "succeeded"],
    ["\0", {}, "unreachable"],
  ])("%j with %j is %s", async (name, more, type) => {
    const check: FileCheck = { path: `${directory}/${name}`, type: "file", atLeast: 0, quietMs: 0 };
    // NOW lies long before the test runs: the directory itself seems to be written in the future.
    expect((await askFile({ ...check, ...more }, now)).type).toBe(type);
  });
});

describe("an endpoint", () => {
  const url = "https://other.example/health";
  const bare: HttpCheck = { url, method: "GET", values: [] };
  const ready = { pointer: "/state", compare: { op: "eq", to: "ready" } } as const;
  const status = (code: number) =>
    ({
      ok: false,
      failure: { type: "status", status: code, message: `status ${code}`, retryAfter: null },
    }) as const;

  test.each([
    [status(404), "missing"],
    [status(410), "missing"],
    [status(500), "unreachable"],
    [status(403), "unreachable"],
    [{ ok: false, failure: { type: "timeout", message: "late" } }, "unreachable"],
    [{ ok: true, value: { state: "ready" } }, "succeeded"],
    [{ ok: true, value: { state: "cold" } }, "running"],
    [{ ok: true, value: {} }, "running"],
  ] as const)("%j is %s", (result, type) => {
    expect(readHttp({ ...bare, values: [ready] }, result, NOW)).toMatchObject({ type, url });
  });

  test("what was compared is the value, and what was not yet so is told", () => {
    const check = { ...bare, values: [ready] };
    expect(readHttp(check, { ok: true, value: { state: "ready", more: 1 } }, NOW)).toMatchObject({
      value: { "/state": "ready" },
    });
    expect(readHttp(check, { ok: true, value: { state: "cold" } }, NOW)).toMatchObject({
      said: '/state is to be "ready", and is "cold"',
    });
  });
});

describe("objects", () => {
  const object = (key: string, more: Partial<ListedObject> = {}): ListedObject => ({
    key,
    etag: "e",
    bytes: 10,
    at: NOW,
    ...more,
  });
  const check = (at: S3Check["at"], more: Partial<S3Check> = {}): S3Check => ({
    connection: "lake",
    bucket: "lake",
    at,
    bytesMin: 0,
    since: null,
    ...more,
  });
  const key = { type: "key", key: "a" } as const;
  const prefix = (atLeast: number) => ({ type: "prefix", prefix: "p/", atLeast }) as const;

  /** Two objects a page; its second page begins at the token `2`. */
  function lister(objects: readonly ListedObject[], endless = false) {
    const listed: string[] = [];
    const found: ObjectLister = {
      list(wanted, from) {
        listed.push(wanted);
        const first = from !== null && "token" in from ? Number(from.token) : 0;
        const all = objects.filter((each) => each.key.startsWith(wanted));
        const page = all.slice(first, first + 2);
        const next = endless || first + 2 < all.length ? String(first + 2) : null;
        return Promise.resolve({ objects: page, next, listedAt: null });
      },
    };
    return { found, listed };
  }
  const options = { signal: new AbortController().signal, now };

  test.each<[S3Check["at"], Partial<S3Check>, readonly ListedObject[], string]>([
    [key, {}, [object("a")], "succeeded"],
    [key, {}, [object("ab")], "missing"],
    [key, {}, [], "missing"],
    [key, { bytesMin: 11 }, [object("a")], "missing"],
    [key, { since: NOW + 1 }, [object("a")], "missing"],
    [key, { since: NOW }, [object("a")], "succeeded"],
    [prefix(1), {}, [object("p/1")], "succeeded"],
    [prefix(3), {}, [object("p/1"), object("p/2"), object("p/3")], "succeeded"],
    [prefix(3), {}, [object("p/1"), object("p/2")], "running"],
    [prefix(1), {}, [object("q/1")], "missing"],
  ])("%j with %j", async (at, more, objects, type) => {
    const [observation] = await askS3([check(at, more)], lister(objects).found, options);
    expect(observation?.type).toBe(type);
  });

  test("each prefix is listed once for all who wait below it", async () => {
    const { found, listed } = lister([object("p/1")]);
    await askS3(Array<S3Check>(500).fill(check(prefix(1))), found, options);
    expect(listed).toEqual(["p/"]);
  });

  test("a listing without an end, and one that fails, are unreachable", async () => {
    const [endless] = await askS3([check(key)], lister([], true).found, options);
    expect(endless).toMatchObject({ type: "unreachable" });
    const failing: ObjectLister = { list: () => Promise.reject(new Error("AccessDenied")) };
    const [failed] = await askS3([check(key)], failing, options);
    expect(failed).toMatchObject({ type: "unreachable", said: "s3://lake/a: AccessDenied" });
  });
});

describe("rows", () => {
  const check = (until: SqlCheck["until"]): SqlCheck => ({
    connection: "shop",
    text: "select 1",
    values: [],
    until,
  });
  test.each<[SqlCheck["until"], readonly unknown[], string]>([
    [{ type: "rows", atLeast: 1 }, [], "missing"],
    [{ type: "rows", atLeast: 2 }, [{ a: 1 }], "running"],
    [{ type: "rows", atLeast: 1 }, [{ a: 1 }], "succeeded"],
    [{ type: "value", compare: { op: "gte", to: 5 } }, [], "missing"],
    [{ type: "value", compare: { op: "gte", to: 5 } }, [{ count: "7" }], "succeeded"],
    [{ type: "value", compare: { op: "gte", to: 5 } }, [{ count: 4 }], "running"],
    [{ type: "moves", from: null }, [{ max: null }], "running"],
    [{ type: "moves", from: null }, [{ max: 1 }], "succeeded"],
    [{ type: "moves", from: "2026-02-03T00:00:00.000Z" }, [{ max: new Date(NOW) }], "running"],
    [
      { type: "moves", from: "2026-02-03T00:00:00.000Z" },
      [{ max: new Date(NOW + 1) }],
      "succeeded",
    ],
    [{ type: "moves", from: "9" }, [{ max: "10" }], "succeeded"],
    [{ type: "moves", from: "10" }, [{ max: "10" }], "running"],
    [{ type: "value", compare: { op: "eq", to: 1 } }, [{ f: () => 1 }], "unreachable"],
  ])("%j in %j is %s", (until, rows, type) => {
    expect(readSql(check(until), rows, { at: NOW }).type).toBe(type);
  });

  test.each<[from: JsonValue, remembered: JsonValue, found: unknown, step: unknown]>([
    [null, null, 3, { from: null, to: 3 }],
    [5, null, 5, null],
    [5, null, 6, { from: 5, to: 6 }],
    [5, 7, 7, null],
    [5, 7, 6, null],
    [5, "9", "10", { from: "9", to: "10" }],
    [null, 7, null, null],
  ])("from %j with %j remembered, %j is the step %j", (from, remembered, found, step) => {
    const seen = readSql(check({ type: "remembered", from }), [{ max: found }], {
      at: NOW,
      remembered,
    });
    if (step === null) expect(seen).toMatchObject({ type: "running" });
    else expect(seen).toMatchObject({ type: "succeeded", value: step, remember: found });
  });
});
