import { shortName } from "../namespace/short-name.ts";
import type { Instant } from "../lib/instant.ts";
import type { LimitNote } from "./explain-group.ts";
import { momentWords, type RunNote } from "./fact-words.ts";
import type { ReasonCode } from "./reason.ts";

/** A pipeline that makes what a leg waits for. */
export interface ProducerNote {
  readonly pipeline: string;
  /** Its newest run; null when it has none. */
  readonly last: RunNote | null;
}

/** The likeliest thing to do about it. */
export interface NextStep {
  readonly sentence: string;
  readonly command: string | null;
}

interface Stuck {
  readonly pipeline: string;
  readonly trigger: string;
  readonly reason: ReasonCode;
  readonly legs: readonly { readonly producers: readonly ProducerNote[] }[];
  readonly has: ReadonlySet<number>;
  readonly limit: LimitNote | null;
}

/** @returns Null when there is nothing to do but to wait. */
export function nextStep(stuck: Stuck, now: Instant): NextStep | null {
  const { reason, limit } = stuck;
  const pipeline = shortName(stuck.pipeline);
  if (reason === "pipeline_paused") {
    return {
      sentence: `${pipeline} is paused.`,
      command: `millrace resume ${pipeline} --dry-run`,
    };
  }
  if (reason === "trigger_disabled") {
    const sentence = `Trigger ${stuck.trigger} is disabled.`;
    return {
      sentence,
      command: `millrace resume ${pipeline} --trigger ${stuck.trigger} --dry-run`,
    };
  }
  if (reason === "waiting_for") return stepOfMissing(stuck, now);
  const holder = reason === "limit_reached" ? limit?.activeRunIds[0] : undefined;
  if (holder === undefined) return null;
  return { sentence: `run_${holder} holds the limit.`, command: `millrace show run_${holder}` };
}

/** A producer that failed explains most; then one that is at it, or has never run. */
function stepOfMissing({ legs, has }: Stuck, now: Instant): NextStep | null {
  const producers = legs.flatMap((leg, number) => (has.has(number) ? [] : leg.producers));
  for (const { pipeline, last } of producers) {
    if (last === null || last.state !== "failed") continue;
    const why = [`run_${last.id}`, last.reason].filter(Boolean).join(", ");
    return {
      sentence: `${shortName(pipeline)} failed ${momentWords(last.at, now)} (${why}).`,
      command: `millrace show run_${last.id}`,
    };
  }
  for (const { pipeline, last } of producers) {
    if (last === null || (last.state !== "running" && last.state !== "queued")) continue;
    const sentence = `${shortName(pipeline)} is ${last.state} (run_${last.id}).`;
    return { sentence, command: `millrace show run_${last.id}` };
  }
  const idle = producers.find(({ last }) => last === null);
  if (idle === undefined) return null;
  const sentence = `${shortName(idle.pipeline)}, which makes it, has never run.`;
  return { sentence, command: `millrace why ${shortName(idle.pipeline)}` };
}
