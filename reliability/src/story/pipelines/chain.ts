import { after, pipeline, updated } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { act, begin, carried } from "../acting.ts";
import { checked, clean, raw, report } from "../declared.ts";
import type { Making } from "../making.ts";

/** Producer, consumer, consumer of the consumer, and one that hears how each ended. */
export function chain(making: Making): readonly HasDefinition[] {
  const { knobs, build } = making;
  const { retries, failShare } = knobs;
  const again = { limit: retries, delay: "300ms", max: "2s" };
  const first = pipeline(
    "chain-first",
    { on: { raw: updated(raw) }, onMissingVersion: knobs.onMissingVersion },
    ({ task }) => {
      const load = task("load", { retries: again }, ({ received, ...stage }) =>
        act(making, stage, {
          failShare,
          received: received(raw).map(carried),
        }),
      );
      task(
        "write",
        { needs: { load }, retries: again, produces: { clean } },
        async ({ needs, produces, ...stage }) => {
          const { exec } = await act(making, stage, { failShare: failShare / 2 });
          await produces.clean.update({ metadata: { exec } });
          // As it is: whoever marked it by hand may have given it no output.
          return { exec, after: needs.load };
        },
      );
      // The next build has a task more.
      if (build > 1) task("check", { needs: { load } }, (stage) => act(making, stage));
    },
  );
  const second = pipeline(
    "chain-second",
    { on: { clean: updated(clean, { each: knobs.each, whilePaused: knobs.whilePaused }) } },
    ({ task }) => {
      task(
        "digest",
        { retries: again, produces: { report, checked } },
        async ({ received, produces, ...stage }) => {
          const execs = received(clean).map(carried);
          const { exec } = await act(making, stage, { failShare, received: execs });
          await produces.report.update({ metadata: { exec } });
          await produces.checked.update({ metadata: { exec, rows: exec % 5 === 0 ? -1 : 1 } });
          return { exec };
        },
      );
    },
  );
  const third = pipeline(
    "chain-third",
    { on: { report: updated(report, { each: true }), checked: updated(checked) } },
    ({ task }) => {
      task("show", ({ received, ...stage }) => {
        const execs = [...received(report), ...received(checked)].map(carried);
        return act(making, stage, { received: execs });
      });
    },
  );
  const witness = pipeline(
    "chain-ends",
    { on: { ended: after(first, { on: "completion", each: true }) } },
    ({ task }) => {
      task("note", (stage) => {
        const execution = begin(making, stage);
        execution.end = "returned";
        return { exec: execution.exec };
      });
    },
  );
  return [first, second, third, witness];
}
