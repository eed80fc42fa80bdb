import type { Instant } from "../lib/instant.ts";
import type { LimitNote } from "./explain-group.ts";
import { momentWords, type RunNote, shortId } from "./fact-words.ts";
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
  readonly reason: ReasonCode;
  readonly legs: readonly { readonly producers: readonly ProducerNote[] }[];
  readonly has: ReadonlySet<number>;
  readonly limit: LimitNote | null;
}

/** @returns Null when there is nothing to do but to wait. */
export function nextStep(stuck: Stuck, now: Instant): NextStep | null {
  const { pipeline, reason, limit } = stuck;
  switch (reason) {
    case "pipeline_paused":
    case "trigger_disabled": {
      const command = `millrace resume ${shortId(pipeline)} --dry-run`;
      return reason === "pipeline_paused"
        ? { sentence: `${shortId(pipeline)} is paused.`, command }
        : {
            sentence: "The trigger is disabled: resume it, or enable it in its definition.",
            command,
          };
    }
    case "limit_reached": {
      const holder = limit?.activeRunIds[0];
      if (holder === undefined) return null;
      return { sentence: `run_${holder} holds the limit.`, command: `millrace show run_${holder}` };
    }
    case "waiting_for":
      return stepOfMissing(stuck, now);
    default:
      return null;
  }
}

/** A producer that failed explains most; then one that is at it, or has never run. */
function stepOfMissing({ legs, has }: Stuck, now: Instant): NextStep | null {
  const producers = legs.flatMap((leg, number) => (has.has(number) ? [] : leg.producers));
  for (const { pipeline, last } of producers) {
    if (last === null || last.state !== "failed") continue;
    const why = [`run_${last.id}`, last.reason].filter(Boolean).join(", ");
    return {
      sentence: `${shortId(pipeline)} failed ${momentWords(last.at, now)} (${why}).`,
      command: `millrace show run_${last.id}`,
    };
  }
  for (const { pipeline, last } of producers) {
    if (last === null || (last.state !== "running" && last.state !== "queued")) continue;
    const sentence = `${shortId(pipeline)} is ${last.state} (run_${last.id}).`;
    return { sentence, command: `millrace show run_${last.id}` };
  }
  const idle = producers.find(({ last }) => last === null);
  if (idle === undefined) return null;
  const sentence = `${shortId(idle.pipeline)}, which makes it, has never run.`;
  return { sentence, command: `millrace why ${shortId(idle.pipeline)}` };
}
