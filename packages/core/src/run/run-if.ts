import type { RunIf } from "../spec/task-spec.ts";
import type { RuleCounts } from "./rule-counts.ts";

/** Whether a task may start, by the outcomes of its upstream tasks. */
export type RuleDecision = "start" | "wait" | "skipped" | "upstream_failed";

/**
 * Decides a run-if rule. A rule that says no waits for all of its upstream tasks first, so that
 * the outcome never depends on which of them ended sooner; the `at_least_one_…` rules start as
 * soon as one outcome satisfies them, be it of one item, and `always` starts at once.
 */
export function decideRule(rule: RunIf, counts: RuleCounts): RuleDecision {
  if (counts.total === 0 || rule === "always") return "start";
  if (startsEarly(rule, counts)) return "start";
  const { total, success, failed, upstreamFailed, skipped } = counts;
  if (success + failed + upstreamFailed + skipped < total) return "wait";
  return decideDone(rule, counts);
}

function startsEarly(rule: RunIf, { success, failed, upstreamFailed }: RuleCounts): boolean {
  if (rule === "at_least_one_success") return success > 0;
  if (rule === "at_least_one_failed") return failed + upstreamFailed > 0;
  // Done is what ran: a task that was held back did not.
  return rule === "at_least_one_done" && success + failed > 0;
}

/** Every upstream task has ended. */
function decideDone(rule: RunIf, counts: RuleCounts): RuleDecision {
  const { total, success, skipped } = counts;
  const failed = counts.failed + counts.upstreamFailed;
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
