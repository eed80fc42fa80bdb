import { expect, test } from "vitest";
import { errorOf, type Loose, outcomeOf, SECRET } from "./attempt-bench.ts";

type Waiting = Loose & { waitForCheck(check: unknown, options?: object): Promise<unknown> };
const check = { kind: "sql", target: "db.example", query: "select 1" };
const asks = (given: unknown, options?: object) => (context: Loose) =>
  (context as Waiting).waitForCheck(given, options);

test("a check is waited for with its times, under its own name", async () => {
  const options = { every: "30s", timeout: "1h", backoff: { max: "5m" } };
  const wait = {
    ...{ kind: "check", check, everyMs: 30_000, timeoutMs: 3_600_000 },
    backoff: { type: "exponential", factor: 2, maxMs: 300_000 },
  };
  expect(await outcomeOf(asks(check, options))).toMatchObject({
    type: "suspended",
    waits: [{ name: "check 1", wait }],
  });
  expect(await outcomeOf(asks(check, { every: "1s", name: "rows" }))).toMatchObject({
    waits: [
      {
        name: "rows",
        wait: {
          kind: "check",
          check,
          everyMs: 1_000,
          backoff: { type: "constant" },
          timeoutMs: null,
        },
      },
    ],
  });
});

test.each<[string, unknown, object | undefined, string]>([
  ["no check", "soon", { every: "1s" }, "its check is no object"],
  ["no every", check, undefined, 'the check of sql at "db.example" is asked how often?'],
  ["a short every", check, { every: "10ms" }, "its every of 10 ms is out of range"],
  ["a short timeout", check, { every: "1m", timeout: "1m" }, "leaves no time for a second ask"],
  ["an unknown backoff", check, { every: "1m", backoff: "fast" }, "its backoff is not known"],
])("of %s the attempt fails for good", async (_what, given, options, message) => {
  const error = await errorOf(asks(given, options));
  expect(error).toMatchObject({ retryable: false });
  expect(error.message).toContain(message);
});

test("a check that carries a secret is not written down", async () => {
  const error = await errorOf(async (context) => {
    const token = await context.secret("token");
    return asks({ ...check, token }, { every: "1s" })(context);
  });
  expect(error.message).not.toContain(SECRET);
  expect(error.message).toContain("the check of sql at");
});
