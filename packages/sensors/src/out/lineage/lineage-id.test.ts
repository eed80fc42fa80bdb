import fc from "fast-check";
import { expect, test } from "vitest";
import { lineageRunId, uuidV5 } from "./lineage-id.ts";

test("a UUID of version 5 is what the standard's own example says", () => {
  // RFC 9562, appendix A.4: "www.example.com" in the namespace of DNS names.
  const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  expect(uuidV5(dns, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
});

test("a run has the same id whenever and wherever it is computed", () => {
  expect(lineageRunId("prod", { runId: 12 })).toBe(lineageRunId("prod", { runId: 12 }));
  expect(lineageRunId("prod", { runId: 12 })).toBe(
    uuidV5("6ba7b811-9dad-11d1-80b4-00c04fd430c8", "millrace://prod/runs/12"),
  );
});

test("an item that is null is the whole task", () => {
  const task = { runId: 1, task: "load" };
  expect(lineageRunId("a", { ...task, item: null })).toBe(lineageRunId("a", task));
});

test("a task whose name looks like another's item is another", () => {
  const item = lineageRunId("a", { runId: 1, task: "t", item: 0 });
  expect(lineageRunId("a", { runId: 1, task: "t/0" })).not.toBe(item);
  expect(lineageRunId("a/runs/1", { runId: 1 })).not.toBe(lineageRunId("a", { runId: 1 }));
});

const key = fc.record({
  installation: fc.constantFrom("a", "a/runs/1", "b c", "ü"),
  runId: fc.integer({ min: 1, max: 3 }),
  task: fc.option(fc.constantFrom("t", "t/0", "u"), { nil: undefined }),
  item: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
});

test("different runs, tasks, items and installations have different ids", () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      const idOf = ({ installation, task, ...rest }: typeof one): string =>
        lineageRunId(installation, task === undefined ? rest : { ...rest, task });
      const plain = (of: typeof one): string =>
        JSON.stringify([of.installation, of.runId, of.task ?? null, of.task ? of.item : null]);
      expect(idOf(one) === idOf(other)).toBe(plain(one) === plain(other));
    }),
    { numRuns: 1_000 },
  );
});
