import { describe, expect, expectTypeOf, test } from "vitest";
import { type ExternalCheck, type Handle, MillraceError, pipeline } from "../index.ts";
import type { HasDefinition } from "../pipeline/definition.ts";
import { DEFINITION } from "../pipeline/definition.ts";
import type { CheckAnswer } from "../run/journal.ts";
import { isNotRetryable } from "./non-retryable.ts";
import { readSensorCheck } from "./sensor-check.ts";
import { isTaskSkipped } from "./task-skipped.ts";

const check: ExternalCheck<{ rows: number }> = { kind: "sql", target: "db.example" };
const base = { check, every: "30s" } as const;

function taskOf(made: HasDefinition): unknown {
  return made[DEFINITION].spec.tasks[0];
}

test("a sensor becomes data, without what it asks", () => {
  const made = pipeline("p", {}, ({ sensor }) => {
    sensor("s", {
      ...base,
      timeout: "6h",
      backoff: { factor: 3, max: "10m" },
      onTimeout: { value: null },
    });
  });
  expect(taskOf(made)).toMatchObject({
    name: "s",
    kind: "sensor",
    sensor: {
      everyMs: 30_000,
      timeoutMs: 21_600_000,
      backoff: { type: "exponential", factor: 3, maxMs: 600_000 },
      onTimeout: "value",
    },
  });
  const bare = pipeline("q", {}, ({ sensor }) => sensor("s", base));
  expect(taskOf(bare)).toMatchObject({
    sensor: {
      everyMs: 30_000,
      timeoutMs: null,
      backoff: { type: "constant" },
      onTimeout: "fail",
    },
  });
});

test("its output is what its check gives, or the value of its timeout", () => {
  pipeline("p", {}, ({ sensor, task }) => {
    const rows = sensor("rows", base);
    expectTypeOf(rows).toEqualTypeOf<Handle<{ rows: number }>>();
    const late = sensor("late", { ...base, timeout: "1h", onTimeout: { value: "none" as const } });
    expectTypeOf(late).toEqualTypeOf<Handle<{ rows: number } | "none">>();
    const made = sensor("made", {
      needs: { rows },
      every: "1m",
      check: ({ needs }) => ({ ...check, above: needs.rows.rows }),
    });
    task("t", { needs: { made } }, ({ needs }) => needs.made.rows);
  });
});

describe("the handler of a sensor", () => {
  async function ended(
    answer: CheckAnswer,
    options: object = {},
  ): Promise<{ readonly asked: unknown; readonly output: unknown }> {
    const made = pipeline("p", {}, ({ sensor }) => {
      sensor("s", { ...base, ...options });
    });
    let asked: unknown;
    const waitForCheck = async (...given: unknown[]): Promise<CheckAnswer> => {
      asked = given;
      return answer;
    };
    const handler = made[DEFINITION].handlers.get("s");
    const output = await handler?.({ run: { id: "run_7" }, waitForCheck } as never);
    return { asked, output };
  }
  const late = { state: "timed_out", seen: "running: queued" } as const;
  const thrown = (work: Promise<unknown>): Promise<unknown> => work.then(() => null, String);

  test("waits as its options say, and gives the value", async () => {
    const done = { state: "done", value: { rows: 2 } } as const;
    const made = ({ run }: { run: { id: string } }) => ({ ...check, run: run.id });
    expect(await ended(done, { check: made, timeout: "1h" })).toEqual({
      asked: [
        { ...check, run: "run_7" },
        { every: "30s", timeout: "1h" },
      ],
      output: { rows: 2 },
    });
  });

  test.each([
    [{ state: "failed", reason: "it failed there" }, {}, "SensorFailed: it failed there"],
    [{ state: "skipped", reason: "no such run" }, {}, "TaskSkipped: no such run"],
    [
      late,
      { timeout: "1h" },
      "SensorExpired: it did not come true within 1h; seen last: running: queued",
    ],
    [
      { ...late, seen: null },
      { timeout: "1h", onTimeout: "skip" },
      "TaskSkipped: it did not come true within 1h",
    ],
  ] as const)("of %j with %j makes %j", async (answer, options, message) => {
    expect(await thrown(ended(answer, options))).toBe(message);
  });

  test("gives the value of its timeout when the time is up", async () => {
    const options = { timeout: "1h", onTimeout: { value: 0 } };
    expect((await ended(late, options)).output).toBe(0);
  });

  test("is not tried again after a failure, and a skip is none", async () => {
    const reason = "gone";
    const failure: unknown = await ended({ state: "failed", reason }).catch(
      (error: unknown) => error,
    );
    const skip: unknown = await ended({ state: "skipped", reason }).catch(
      (error: unknown) => error,
    );
    expect(isNotRetryable(failure) && !isTaskSkipped(failure)).toBe(true);
    expect(isTaskSkipped(skip) && !isNotRetryable(skip)).toBe(true);
  });
});

describe("refused is", () => {
  // oxlint-disable-next-line typescript/no-explicit-any -- the point is to get past the compiler
  const define = pipeline as any;
  function problems(options: unknown): string {
    try {
      define("p", {}, ({ sensor }: { sensor: (name: string, options: unknown) => unknown }) => {
        sensor("s", options);
      });
    } catch (error) {
      if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems.join("\n");
      throw error;
    }
    return "";
  }

  test.each<[string, unknown, string]>([
    ["no options", "soon", "its options are no object: write sensor(name, { … })"],
    ["no check", { every: "1m" }, "its check is no object; give it what a builder"],
    ["no kind", { ...base, check: { target: "x" } }, "its check has no kind that can be used"],
    ["no target", { ...base, check: { kind: "sql", target: " " } }, "its check has no target"],
    [
      "a long target",
      { ...base, check: { ...check, target: "é".repeat(257) } },
      "its check has a target of more than 512 bytes",
    ],
    ["a date", { ...base, check: { ...check, at: new Date() } }, "its check is no JSON: check.at"],
    [
      "a large check",
      { ...base, check: { ...check, text: "x".repeat(8_192) } },
      "its check is no JSON",
    ],
    ["no every", { check }, 'it has no every; write e.g. every: "30s"'],
    ["a short every", { ...base, every: "999ms" }, "its every of 999 ms is out of range"],
    ["no duration", { ...base, every: "often" }, 'its every "often" is no duration'],
    [
      "a timeout no longer than every",
      { ...base, timeout: "30s" },
      "its timeout of 30000 ms leaves no time for a second ask after 30000 ms",
    ],
    ["an end of no time", { ...base, onTimeout: "skip" }, 'its onTimeout "skip" has no timeout'],
    [
      "no end",
      { ...base, timeout: "1h", onTimeout: "retry" },
      'its onTimeout "retry" is not known',
    ],
    [
      "a value that is no JSON",
      { ...base, timeout: "1h", onTimeout: { value: new Map() } },
      "its onTimeout gives no JSON",
    ],
    ["no backoff", { ...base, backoff: "fast" }, "its backoff is not known"],
    ["a backoff without end", { ...base, backoff: {} }, "its backoff has no max"],
    [
      "a backoff that shrinks",
      { ...base, backoff: { factor: 0.5, max: "1h" } },
      "the factor of its backoff, 0.5, is out of range",
    ],
    [
      "a backoff below every",
      { ...base, backoff: { max: "10s" } },
      "the max of its backoff, 10000 ms, is out of range",
    ],
  ])("%s", (_what, options, problem) => {
    expect(problems(options)).toContain(problem);
  });

  test("nothing of what is right", () => {
    expect(problems({ ...base, timeout: "31s", backoff: { max: "30s" }, onTimeout: "skip" })).toBe(
      "",
    );
  });
});

test("a check is copied, so that it does not change afterwards", () => {
  const given = { ...check, ids: [1] };
  const read = readSensorCheck(given);
  given.ids.push(2);
  expect(read).toEqual({ ok: true, check: { ...check, ids: [1] } });
});
