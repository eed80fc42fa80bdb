import { dataset, event, pipeline } from "@millrace/core";
import { testPipeline, type TestRun } from "@millrace/testing";
import { beforeAll, describe, expect, test } from "vitest";

/** One run in which each task does something else that cannot be kept; all of them end. */

class Point {
  readonly x = 1;
}
const circle: unknown[] = [];
circle.push(circle);
const deep = JSON.parse(`${"[".repeat(65)}${"]".repeat(65)}`) as unknown;
const loose = (value: unknown): never => value as never;

const RESULTS: Readonly<Record<string, readonly [value: () => unknown, problem: string]>> = {
  "a-date": [() => ({ rows: [{ when: new Date(0) }] }), "result.rows[0].when: Date is not JSON"],
  "a-bigint": [() => ({ n: 1n }), "result.n: BigInt is not JSON"],
  "a-map": [() => new Map(), "result: Map is not JSON"],
  "an-instance": [() => [new Point()], "result[0]: Point is not JSON"],
  "a-function": [() => ({ f: () => 1 }), "result.f: a function is not JSON"],
  "a-nan": [() => Number.NaN, "result: NaN is not JSON"],
  "a-promise": [() => ({ p: Promise.resolve(1) }), "result.p: Promise is not JSON; await it first"],
  "an-undefined": [() => [undefined], "result[0]: undefined is not JSON"],
  "a-circle": [() => circle, "in a circle"],
  "a-depth": [() => deep, "is nested deeper than 64"],
  "a-nul": [() => ({ "a\0": 1 }), "holds a NUL character"],
  "a-half": [() => ({ a: "\ud800" }), "result.a holds half of a surrogate pair"],
  "an-id": [() => ({ id: 2 ** 60 }), "result.id: 1152921504606847000 lies beyond ±2^53"],
};

const bad = "a\0b\ud800c";
const THROWN: Readonly<Record<string, readonly [thrown: () => unknown, name: string]>> = {
  "throws-null": [() => null, "NonError"],
  "throws-text": [() => bad, "NonError"],
  "throws-frozen": [() => Object.freeze(new Error(bad)), "Error"],
  "throws-huge": [() => new RangeError("x".repeat(1_000_000)), "RangeError"],
  "throws-named": [() => Object.assign(new Error("m"), { name: bad }), "a\ufffdb\ufffdc"],
  "throws-caused": [() => new Error("m", { cause: new Error(bad) }), "Error"],
  "throws-nothing": [() => undefined, "NonError"],
};

const files = dataset("files");
const made = event("ticket.made");

const hostile = pipeline("hostile", { maxParallelTasks: 50 }, ({ task }) => {
  for (const [name, [value]] of Object.entries(RESULTS)) task(name, () => loose(value()));
  for (const [name, [thrown]] of Object.entries(THROWN)) {
    task(name, () => {
      throw thrown();
    });
  }
  task("logs", ({ log }) => {
    log.info(bad, { [bad]: bad, n: 1n } as never);
    return "logged";
  });
  task("steps", ({ step }) => step("read", () => loose({ at: new Date(0) })));
  task("names", ({ step }) => step("a\0", () => 1));
  task("tells", { produces: { files } }, ({ produces }) =>
    produces.files.update({ metadata: loose({ a: "\0" }) }),
  );
  task("places", { produces: { made } }, ({ produces }) =>
    produces.made.publish(loose(["\ud800"])),
  );
  task("keeps", () => loose(JSON.parse('{"__proto__":{"polluted":true}}')));
});

describe("what a handler does", () => {
  let run: TestRun;
  beforeAll(async () => {
    run = await testPipeline(hostile);
  }, 180_000);

  test("never keeps its run from ending", () => {
    expect(run.state).toBe("failed");
    expect(Object.values(run.tasks).filter(({ state }) => state === null)).toEqual([]);
  });

  test.each(Object.entries(RESULTS))("%s fails its task, by its path", (name, [, problem]) => {
    const task = run.tasks[name];
    expect(task?.state).toBe("failed");
    expect(task?.error?.message).toContain(problem);
  });

  test.each(Object.entries(THROWN))(
    "%s fails its task, and its words have an end",
    (name, [, is]) => {
      const task = run.tasks[name];
      expect(task).toMatchObject({ state: "failed", error: { name: is } });
      const message = task?.error?.message ?? "";
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(16_384);
      expect(message.isWellFormed() && !message.includes("\0")).toBe(true);
    },
  );

  test.each([
    ["steps", "result of step"],
    ["names", "a step or wait needs a name"],
    ["tells", "metadata.a holds a NUL character"],
    ["places", "data[0] holds half of a surrogate pair"],
  ])("%s fails where it is wrong", (name, problem) => {
    expect(run.tasks[name]).toMatchObject({
      state: "failed",
      error: { message: expect.stringContaining(problem) },
    });
    expect(run.updates).toEqual([]);
    expect(run.events).toEqual([]);
  });

  test("a line that is logged is cleaned, and harms nothing", () => {
    expect(run.tasks["logs"]).toMatchObject({ state: "succeeded", output: "logged" });
    const [line] = run.logs;
    expect(line?.message).toBe("a\ufffdb\ufffdc");
    expect(JSON.stringify(line).includes("\\u0000")).toBe(false);
  });

  test("what objects inherit is a member like any other, and nothing inherits it", () => {
    const { output } = run.tasks["keeps"] ?? {};
    expect(JSON.stringify(output)).toBe('{"__proto__":{"polluted":true}}');
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});
