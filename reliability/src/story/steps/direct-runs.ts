import type { Step } from "../../sim/plan.ts";
import { ask } from "./asking.ts";
import { someTime, type StepKit } from "./step-kit.ts";

const SAID = { by: "story", why: "because the seed says so" } as const;

/** Starts a run by hand; a key makes two starts one. */
export function startByHand(kit: StepKit, pipeline: string): Step {
  const { draw, ledger } = kit;
  const mark = ledger.nextMark();
  const idempotencyKey = draw.happens(0.5) ? `run-${mark}` : null;
  const times = idempotencyKey === null ? 1 : draw.int(1, 2);
  const params = { who: draw.pick(["ann", "bob"]), mark };
  const partition = partitionOf(pipeline, draw.int(1, 3));
  return someTime(kit, `start ${pipeline}#${mark} ${times} times`, async (client) => {
    const start = { pipeline, partition, params, idempotencyKey, correlationId: null };
    for (let time = 0; time < times; time++) {
      await ask(ledger, client, {
        kind: "run",
        mark,
        detail: { pipeline, isKeyed: idempotencyKey !== null },
        by: () => client.store.startRun(start),
        note: ({ runId }) => runId,
      });
    }
  });
}

function partitionOf(pipeline: string, day: number): Readonly<Record<string, string>> {
  if (pipeline === "default/daily") return { date: `2026-01-0${day}` };
  return pipeline === "default/monthly" ? { month: "2026-01" } : {};
}

/** Somebody meddles with a run that was seen to run. */
export function meddle(kit: StepKit): Step {
  const { draw, ledger } = kit;
  const mark = ledger.nextMark();
  const u = draw.next();
  const act = draw.pick(["cancel", "cancel", "retry", "rerun", "clear", "mark", "pause"]);
  return someTime(kit, `${act} a run`, async (client) => {
    const seen = ledger.executions.slice(-30);
    const found = seen[Math.floor(u * seen.length)];
    if (found === undefined) return;
    const { runId } = found;
    const task = found.task.split(".")[0] ?? "";
    const { store } = client;
    const acts = {
      cancel: () => store.cancelRun(runId, SAID),
      retry: () => store.retryFailed(runId, SAID),
      rerun: () => store.rerunFrom(runId, task, SAID, u < 0.5 ? { version: "latest" } : {}),
      clear: () => store.clearTask(runId, task, SAID),
      mark: () => store.markTask(runId, task, { as: u < 0.5 ? "skipped" : "succeeded" }, SAID),
      pause: () => store.pauseRun(runId, SAID),
    };
    client.count(`asked to ${act}`);
    await ask<unknown>(ledger, client, {
      kind: "control",
      mark,
      detail: { act, runId, task },
      by: acts[act] as never,
    });
    if (act !== "pause") return;
    ledger.pausedRuns.add(runId);
    await client.sleep(4_000);
    await ask<unknown>(ledger, client, {
      kind: "control",
      mark,
      detail: { act: "resume", runId },
      by: () => store.resumeRun(runId, SAID),
    });
  });
}

/** Somebody answers whatever is asked, and somebody else at the same time. */
export function answerApprovals(kit: StepKit): Step {
  const { draw, ledger } = kit;
  const verdict = draw.happens(0.7) ? "approved" : "rejected";
  const mark = ledger.nextMark();
  return someTime(kit, `answer approvals: ${verdict}`, async (client) => {
    const open = await client.store.listApprovals(10).catch(() => []);
    for (const { runId, task, item } of open) {
      const answers = ["ann", "bob"].map((by) =>
        ask<unknown>(ledger, client, {
          kind: "answer",
          mark,
          detail: { runId, task, by },
          by: () =>
            client.store.answerApproval(runId, task, item, {
              verdict,
              by,
              roles: [],
              comment: null,
            }),
        }),
      );
      await Promise.all(answers);
      client.count("approvalAnswered");
    }
  });
}
