import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExternalCheck } from "@millrace/core";
import { type CheckGroup, type DueCheck, isRecord, type JsonValue } from "@millrace/core/internal";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Look } from "./asking.ts";
import { decideCheck } from "./decide-check.ts";
import { file } from "./file-check-builder.ts";
import { http } from "./http-check-builder.ts";
import { OutsideAsker } from "./outside-asker.ts";
import { airflow, httpRuns } from "./run-checks.ts";
import { s3Key } from "./s3-check-builder.ts";
import { sql } from "./sql-check-builder.ts";
import { timeOfDay } from "./time-check-builder.ts";

const NOW = Date.UTC(2026, 1, 3, 12);
let server: Server;
let base = "";
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? "-"}`);
    response.end(JSON.stringify({ id: request.url?.slice(-1), status: "done" }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

function dueCheck(check: ExternalCheck, state: JsonValue = null): DueCheck {
  return {
    stepId: 1,
    wait: {
      kind: "check",
      check: check as DueCheck["wait"]["check"],
      ...{ everyMs: 10_000, backoff: { type: "constant" }, timeoutMs: null },
    },
    waiter: { runId: 1, partition: { day: "2026-02-03" }, logicalAt: null, since: NOW },
    state,
  };
}

async function ask(
  checks: readonly ExternalCheck[],
  environment: Record<string, string> = {},
  signal: AbortSignal = AbortSignal.timeout(20_000),
): Promise<readonly Look[]> {
  const asker = new OutsideAsker({
    environment: { MILLRACE_ALLOW_HOSTS: "10.9.9.9, 127.0.0.1", ...environment },
    readFile: async () => {
      throw new Error("no such file");
    },
  });
  const { kind = "", target = "" } = checks[0] ?? {};
  const group: CheckGroup = {
    ...{ kind, target, round: 1, failures: 0, now: NOW },
    checks: checks.map((check) => dueCheck(check)),
  };
  return asker.ask(group, signal);
}

test("the same endpoint is asked once, and each check gets its own answer", async () => {
  asked.length = 0;
  const done = (path: string, status: string) =>
    http({ url: `${base}${path}`, until: { "/status": status } });
  const looks = await ask([done("/a", "done"), done("/b", "open"), done("/a", "done")]);
  expect(looks.map((look) => (look === "notAsked" ? look : look.type))).toEqual([
    "succeeded",
    "running",
    "succeeded",
  ]);
  expect(asked.toSorted()).toEqual(["/a -", "/b -"]);
});

test("runs are asked below the URL of their connection, as whom it says", async () => {
  asked.length = 0;
  const jobs = httpRuns("erp", { path: "/jobs/{job}", id: "/id", state: "/status" });
  const options = { allowedStates: ["done"] } as const;
  const looks = await ask(
    [
      jobs.run("x", { match: "latest", ...options }),
      jobs.runs("y", { match: { runIds: ["y"] }, ...options }),
      jobs.run("z", { match: "logicalDate", ...options }),
    ],
    {
      MILLRACE_CONNECTION_ERP: base.replace("//", "//me:p%40ss@"),
      MILLRACE_CONNECTION_ERP_TOKEN: "",
    },
  );
  const run = { logicalDate: null, state: "done", url: null };
  expect(looks).toMatchObject([
    { type: "succeeded", value: { ...run, job: "x", id: "x" } },
    { type: "succeeded", value: [{ ...run, job: "y", id: "y" }] },
    { type: "failed", said: expect.stringContaining("has no logical date") },
  ]);
  const login = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
  expect(asked).toEqual([`/jobs/x ${login}`, `/jobs/y ${login}`]);
});

test.each<[string, () => ExternalCheck, Record<string, string>, string]>([
  [
    "that is not set",
    () => airflow("etl").run("d", { match: "latest" }),
    {},
    "set MILLRACE_CONNECTION_ETL or MILLRACE_CONNECTION_ETL_FILE",
  ],
  [
    "that is empty",
    () => airflow("etl").run("d", { match: "latest" }),
    { MILLRACE_CONNECTION_ETL: "", MILLRACE_CONNECTION_ETL_FILE: "" },
    "the connection etl is not set",
  ],
  ["of an endpoint", () => http({ connection: "a", url: "/b" }), {}, "MILLRACE_CONNECTION_A "],
  ["of a bucket", () => s3Key({ connection: "a", bucket: "lake", key: "b" }), {}, "CONNECTION_A "],
  [
    "that is no URL",
    () => sql("shop", { text: "select 1" }),
    { MILLRACE_CONNECTION_SHOP: "s3cret" },
    "MILLRACE_CONNECTION_SHOP is no URL",
  ],
  [
    "to no database",
    () => sql("shop", { text: "select 1" }),
    { MILLRACE_CONNECTION_SHOP: "https://shop.example" },
    "is none of postgres://",
  ],
  [
    "whose file is gone",
    () => sql("shop", { text: "select 1" }),
    { MILLRACE_CONNECTION_SHOP_FILE: "/run/shop" },
    "names /run/shop, which cannot be read",
  ],
])("a connection %s makes what is asked unreachable", async (_what, check, environment, said) => {
  const [look] = await ask([check()], environment);
  expect(look).toMatchObject({ type: "unreachable", said: expect.stringContaining(said) });
  expect(JSON.stringify(look)).not.toContain("s3cret");
});

test("hosts inside are refused unless they are allowed", async () => {
  const [look] = await ask([http({ url: base })], { MILLRACE_ALLOW_HOSTS: "10.0.0.0/8" });
  expect(look).toMatchObject({
    type: "unreachable",
    said: expect.stringContaining("MILLRACE_ALLOW_HOSTS"),
  });
  await expect(ask([http({ url: base })], { MILLRACE_ALLOW_HOSTS: "no host" })).rejects.toThrow(
    '"no host" is no host',
  );
});

test("the clock is asked since the wait began", async () => {
  const looks = await ask([timeOfDay("12:00"), timeOfDay("11:59")]);
  expect(looks).toMatchObject([
    { type: "succeeded", value: "2026-02-03T12:00:00.000Z" },
    { type: "running", said: "it is due at 2026-02-04T11:59:00.000Z" },
  ]);
});

test("a check that no builder made fails alone, and an unknown kind is left to newer versions", async () => {
  const made = file("/nowhere/at/all");
  expect(await ask([made, { kind: "file", target: "x" }])).toMatchObject([
    { type: "missing" },
    { type: "failed", said: expect.stringContaining("build it with a function") },
  ]);
  await expect(ask([{ kind: "ftp", target: "x" }])).rejects.toThrow("no checks of the kind ftp");
});

test("what there was no time for is asked first the next time, and keeps what it knew", async () => {
  const [look = "notAsked"] = await ask([file("/nowhere")], {}, AbortSignal.abort());
  expect(look).toBe("notAsked");
  const state = { startedAt: 1, looks: 3, wasThere: true, last: null };
  expect(decideCheck(dueCheck(file("/nowhere"), state), look, { now: 5, u: 0 })).toEqual({
    ...{ type: "again", at: 5, state, seen: null },
  });
});

test("a look is decided by the policies of its check, and remembered", () => {
  const missing = { type: "missing", said: "no file", url: "https://a.example", at: NOW } as const;
  const moment = { now: NOW, u: 0 };
  const again = decideCheck(dueCheck(file("/a")), missing, moment);
  expect(again).toMatchObject({
    type: "again",
    at: NOW + 10_000,
    seen: "missing: no file (https://a.example)",
  });
  const state = isRecord(again) && again.type === "again" ? again.state : null;
  const graced = file("/a", { onMissing: { then: "skip", grace: "1m" } });
  expect(decideCheck(dueCheck(graced, state), missing, { now: NOW + 59_999, u: 0 }).type).toBe(
    "again",
  );
  expect(decideCheck(dueCheck(graced, state), missing, { now: NOW + 60_000, u: 0 })).toMatchObject({
    type: "skipped",
    reason: expect.stringContaining("no file"),
  });
});
