import { after, cron, daily, dataset, event, namespace, pipeline, published } from "@millrace/core";
import { testPipeline, testProject } from "@millrace/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";

/** The first database of a process takes some seconds to open, and longer on a busy machine. */
beforeAll(async () => {
  await (await testProject([])).close();
}, 120_000);

const orders = dataset("orders", { metadata: z.object({ rows: z.number() }) });
const created = event("ticket.created", { data: z.object({ ticket: z.string() }) });

const load = pipeline("load", { params: z.object({ rows: z.number().default(3) }) }, (build) => {
  const read = build.task("read", ({ params }) => ({ rows: params.rows }));
  const list = build.task("list", { needs: { read } }, ({ needs }) =>
    Array.from({ length: needs.read.rows }, (_, index) => index),
  );
  const square = build.map("square", { over: list }, ({ item }) => item * item);
  return build.task(
    "write",
    { needs: { square }, produces: { orders } },
    async ({ needs, produces, log }) => {
      log.info("writing", { rows: needs.square.length });
      await produces.orders.update({ metadata: { rows: needs.square.length } });
      return needs.square.reduce((sum, each) => sum + each, 0);
    },
  );
});

const flaky = pipeline("flaky", {}, ({ task }) => {
  task("call", { retries: { limit: 3, delay: "1h", jitter: false } }, ({ attempt }) => {
    if (attempt.number < 3) throw new Error(`no answer to try ${attempt.number}`);
    return attempt.number;
  });
});

test("a run gives its result, its outputs, its announcements and its logs", async () => {
  const run = await testPipeline(load, { params: { rows: 4 } });
  expect(run).toMatchObject({
    state: "succeeded",
    result: 14,
    tasks: { square: { output: [0, 1, 4, 9], attempts: 4 }, write: { state: "succeeded" } },
    updates: [{ dataset: "orders", partition: {}, metadata: { rows: 4 } }],
    logs: [{ task: "write", level: "info", message: "writing", fields: { rows: 4 } }],
  });
});

test("what params leave out, the schema fills in, and what it refuses is told", async () => {
  expect((await testPipeline(load)).result).toBe(5);
  const refused = testPipeline(load, { params: { rows: "many" as never } });
  await expect(refused).rejects.toThrow(/params of load: rows: /);
});

test("a stub stands in for a handler, as a value or as a function", async () => {
  const byValue = await testPipeline(load, { stubs: { list: [5, 6] } });
  expect(byValue.tasks["square"]?.output).toEqual([25, 36]);
  const byCode = await testPipeline(load, {
    stubs: { square: ({ item }: { item: number }) => -item },
  });
  expect(byCode.result).toBe(-3);
  await expect(testPipeline(load, { stubs: { lost: 1 } })).rejects.toThrow(
    'A stub names the task "lost", which is not there. There are: read, list, square, write.',
  );
});

test("retries come in their time, and take none", async () => {
  const run = await testPipeline(flaky);
  expect(run.tasks["call"]).toMatchObject({ state: "succeeded", output: 3, attempts: 3 });
  expect(run.tookMs).toBe(2 * 3_600_000);
});

test("a failure tells its error and its reason", async () => {
  const run = await testPipeline(
    pipeline("broken", {}, ({ task }) => {
      const first = task("first", (): number => {
        throw new TypeError("no rows");
      });
      task("second", { needs: { first } }, ({ needs }) => needs.first);
    }),
  );
  expect(run).toMatchObject({
    state: "failed",
    tasks: {
      first: { state: "failed", error: { name: "TypeError", message: "no rows" } },
      second: { state: "upstream_failed", output: null },
    },
  });
});

const report = pipeline("report", { on: { orders } }, ({ task }) =>
  task("sum", ({ received }) => received(orders).map(({ metadata }) => metadata.rows)),
);
const archive = pipeline("archive", { on: { report: after(report) } }, ({ task }) =>
  task("keep", ({ received }) => received(report).map(({ result }) => result)),
);
const greet = pipeline("greet", { on: { created: published(created) } }, ({ task }) =>
  task("greet", ({ received }) => received(created).map(({ data }) => data.ticket)),
);

test("a project runs what follows from what, across pipelines", async () => {
  await using project = await testProject([load, report, archive, greet]);
  await project.run(load, { params: { rows: 2 } });
  await project.publish(created, { ticket: "T1" });
  const runs = await project.runs();
  expect(runs.map(({ pipeline: name, trigger, result }) => [name, trigger, result])).toEqual([
    ["load", "manual", 1],
    ["report", "orders", [2]],
    ["archive", "report", [[2]]],
    ["greet", "created", ["T1"]],
  ]);
  await project.update(orders, { metadata: { rows: 9 } });
  expect((await project.runs(archive)).map(({ result }) => result)).toEqual([[[2]], [[9]]]);
  await expect(project.update(orders, { metadata: {} })).rejects.toThrow(
    "metadata of orders: rows",
  );
});

test("schedules fire in virtual time", async () => {
  const day = daily({ start: "2026-01-01" });
  const nightly = pipeline(
    "nightly",
    { partitions: { date: day }, on: { night: cron("0 2 * * *", { partition: "interval" }) } },
    ({ task }) => task("note", ({ run }) => run.partition.date),
  );
  await using project = await testProject([nightly], { now: "2026-03-01T12:00:00Z" });
  await project.advance("3d");
  expect((await project.runs()).map(({ result }) => result)).toEqual([
    "2026-03-01",
    "2026-03-02",
    "2026-03-03",
  ]);
  expect(project.now).toBe("2026-03-04T12:00:00.000Z");
});

test("variables and secrets come from the options", async () => {
  const desk = namespace("desk", {
    variables: z.object({ limit: z.number() }),
    secrets: ["token"],
  });
  const ask = pipeline("ask", { namespace: desk }, ({ task }) =>
    task(
      "ask",
      async ({ variables, secret }) => `${variables.limit} ${(await secret("token")).length}`,
    ),
  );
  const run = await testPipeline(ask, { variables: { limit: 7 }, secrets: { token: "s3cr3t" } });
  expect(run.result).toBe("7 6");
});

test("projects side by side, and one after the other, know nothing of each other", async () => {
  await using one = await testProject([load]);
  await using other = await testProject([load]);
  await one.run(load);
  expect((await other.runs()).length).toBe(0);
  expect((await other.run(load)).id).toBe("run_1");
});
