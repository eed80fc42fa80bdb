import type { RunIf } from "../spec/task-spec.ts";
import type { TaskState } from "./states.ts";
import { isTerminal } from "./states.ts";

/** Whether a task may start, by the outcomes of its upstream tasks. */
export type RuleDecision = "start" | "wait" | "skipped" | "upstream_failed";

interface Counts {
  readonly total: number;
  readonly done: number;
  readonly success: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Decides a run-if rule. A rule that says no waits for all of its upstream tasks first, so that
 * the outcome never depends on which of them ended sooner; the `at_least_one_…` rules start as
 * soon as one outcome satisfies them, and `always` starts at once.
 *
 * @param upstream - States of the upstream tasks; undefined where nothing is decided yet.
 */
export function decideRule(
  rule: RunIf,
  upstream: readonly (TaskState | undefined)[],
): RuleDecision {
  if (upstream.length === 0 || rule === "always") return "start";
  const counts = count(upstream);
  if (startsEarly(rule, counts)) return "start";
  if (counts.done < counts.total) return "wait";
  return decideDone(rule, counts);
}

function startsEarly(rule: RunIf, { success, failed }: Counts): boolean {
  if (rule === "at_least_one_success") return success > 0;
  if (rule === "at_least_one_failed") return failed > 0;
  return rule === "at_least_one_done" && success + failed > 0;
}

/** Every upstream task has ended. */
function decideDone(rule: RunIf, { total, success, failed, skipped }: Counts): RuleDecision {
  const orSkip = (holds: boolean): RuleDecision => (holds ? "start" : "skipped");
  const unlessFailed = (otherwise: RuleDecision): RuleDecision =>
    failed > 0 ? "upstream_failed" : otherwise;
  switch (rule) {
    case "all_success":
      return unlessFailed(orSkip(success === total));
    case "all_failed":
      return orSkip(failed === total);
    case "all_skipped":
      return orSkip(skipped === total);
    case "at_least_one_success":
      return unlessFailed("skipped");
    case "at_least_one_failed":
    case "at_least_one_done":
      return "skipped";
    case "none_failed":
      return unlessFailed("start");
    case "none_failed_min_one_success":
      return unlessFailed(orSkip(success > 0));
    case "none_skipped":
      return orSkip(skipped === 0);
    case "all_done":
    case "always":
      return "start";
  }
}

/** A cancelled task counts as failed: it was to run and did not succeed. */
function count(upstream: readonly (TaskState | undefined)[]): Counts {
  const ended = upstream.filter((state) => state !== undefined && isTerminal(state));
  const success = ended.filter((state) => state === "succeeded").length;
  const skipped = ended.filter((state) => state === "skipped").length;
  const done = ended.length;
  return { total: upstream.length, done, success, skipped, failed: done - success - skipped };
}
