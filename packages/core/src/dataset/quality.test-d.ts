import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { check, dataset, datasetStale, gt, pipeline, stale, within } from "../index.ts";

const metadata = z.object({ rows: z.number() });
const delays = dataset("delays", {
  metadata,
  freshness: within("2h"),
  checks: [
    check("has rows", { that: { metadata: { rows: gt(0) } }, blocking: true }),
    check("no nulls", { blocking: true }),
    check("tidy"),
  ],
});
const plain = dataset("plain");

test("what is reported of checks has their names", () => {
  pipeline("p", {}, ({ task }) => {
    task("t", { produces: { delays, plain } }, async ({ produces }) => {
      const said = { metadata: { rows: 1 }, version: "v1" };
      await produces.delays.update({ ...said, checks: { "no nulls": true } });
      await produces.delays.update({ ...said, checks: { "no nulls": true, tidy: false } });
      await produces.plain.update();
      // @ts-expect-error a blocking check is not reported
      await produces.delays.update({ metadata: { rows: 1 } });
      // @ts-expect-error it has no such check
      await produces.delays.update({ ...said, checks: { "no nulls": true, neat: true } });
      // @ts-expect-error it is judged by its filter
      await produces.delays.update({ ...said, checks: { "no nulls": true, "has rows": true } });
      // @ts-expect-error it has no checks
      await produces.plain.update({ checks: { tidy: true } });
    });
  });
});

test("a check looks at what its dataset's updates have", () => {
  // @ts-expect-error the metadata has no such field
  dataset("d", { metadata, checks: [check("x", { that: { metadata: { rowz: gt(0) } } })] });
  // @ts-expect-error the same beside one that it has
  dataset("d", { metadata, checks: [check("x", { that: { metadata: { rows: 1, b: 1 } } })] });
  // @ts-expect-error rows are numbers
  dataset("d", { metadata, checks: [check("x", { that: { metadata: { rows: "many" } } })] });
});

test("a run that staleness started knows of which dataset, and since when", () => {
  pipeline("p", { on: { late: stale(delays) } }, ({ task }) =>
    task("t", ({ received }) => {
      const [told] = received(datasetStale);
      expectTypeOf(told?.data.dataset).toEqualTypeOf<string | undefined>();
      return 1;
    }),
  );
});
