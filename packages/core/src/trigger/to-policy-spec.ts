import { quoted } from "../check/names.ts";
import { parseDurationMs } from "../lib/duration.ts";
import { isRecord } from "../spec/json.ts";
import {
  AT_MOST_DEFAULT,
  type BatchSpec,
  type DailyTimeSpec,
  type DeadlineSpec,
  type PolicySpec,
} from "../spec/trigger-spec.ts";

/** A policy as it arrives: the compiler has checked it, unless the user writes JavaScript. */
export type WrittenPolicy = { readonly [field in (typeof FIELDS)[number]]?: unknown };

const FIELDS = [
  "each",
  "batch",
  "within",
  "reset",
  "deadline",
  "changedOnly",
  "atMost",
  "whilePaused",
] as const;

/** Of all options of a trigger, those that are its policy. */
export function policyIn(options: object): WrittenPolicy {
  return Object.fromEntries(FIELDS.map((field) => [field, Reflect.get(options, field)]));
}

/**
 * A policy as data. What has its default is left out, so that writing it down changes no version.
 *
 * @param problems - Takes what cannot be read, without full stops; what can be read and makes no
 *   sense is found in the spec.
 */
export function toPolicySpec(written: WrittenPolicy, problems: string[]): PolicySpec {
  const { each, changedOnly, atMost, whilePaused } = written;
  const batch = toBatch(written.batch, problems);
  const withinMs = toMs("within", written.within, problems);
  const reset = toReset(written.reset, problems);
  const deadline = toDeadline(written.deadline, problems);
  return {
    each: toBoolean("each", each, problems) ?? false,
    ...(batch !== undefined && { batch }),
    ...(withinMs !== undefined && { withinMs }),
    ...(reset !== undefined && { reset }),
    ...(deadline !== undefined && { deadline }),
    ...(toBoolean("changedOnly", changedOnly, problems) === true && { changedOnly: true }),
    ...(atMost !== undefined && atMost !== AT_MOST_DEFAULT && { atMost: atMost as number }),
    ...(whilePaused !== undefined &&
      whilePaused !== "keep" && { whilePaused: whilePaused as "drop" | "latest" }),
  };
}

/** Milliseconds of a length that was written; undefined when there is none, or none that reads. */
export function toMs(field: string, value: unknown, problems: string[]): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === "string" ? parseDurationMs(value) : null;
  if (ms !== null) return ms;
  problems.push(`its ${field} ${quoted(value)} is no duration; write e.g. "90s", "1h30m" or "1d"`);
  return undefined;
}

function toBoolean(field: string, value: unknown, problems: string[]): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  problems.push(`its ${field} ${quoted(value)} is neither true nor false; give one of the two`);
  return undefined;
}

function toBatch(value: unknown, problems: string[]): BatchSpec | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value)) {
    problems.push(`its batch is no object; write e.g. batch: { max: 100, maxWait: "10m" }`);
    return undefined;
  }
  const max = value["max"];
  const found = problems.length;
  const quietMs = toMs("batch.quiet", value["quiet"], problems);
  const maxWaitMs = toMs("batch.maxWait", value["maxWait"], problems);
  const batch = {
    ...(max !== undefined && { max: max as number }),
    ...(quietMs !== undefined && { quietMs }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
  };
  // What could not be read is not missing besides.
  return problems.length > found && Object.keys(batch).length === 0 ? undefined : batch;
}

function toReset(value: unknown, problems: string[]): DailyTimeSpec | undefined {
  if (value === undefined) return undefined;
  const written = typeof value === "string" ? { at: value } : value;
  const time = isRecord(written) ? toDailyTime(written) : undefined;
  if (time === undefined) {
    problems.push(`its reset is no time of day; write e.g. reset: "06:00"`);
  }
  return time;
}

function toDailyTime(value: Readonly<Record<string, unknown>>): DailyTimeSpec | undefined {
  const { at, timezone = "UTC" } = value;
  return typeof at === "string" && typeof timezone === "string" ? { at, timezone } : undefined;
}

function toDeadline(value: unknown, problems: string[]): DeadlineSpec | undefined {
  if (value === undefined) return undefined;
  const due = isRecord(value) ? toDue(value, problems) : null;
  if (!isRecord(value) || due === null) {
    problems.push(
      "its deadline does not say when; write e.g. " +
        `deadline: { after: "2h", then: "run-partial" } or at: "06:00" in place of after`,
    );
    return undefined;
  }
  const { then, late } = value;
  if (late === "record" && then !== "run-partial") problems.push(LATE_WITHOUT_PARTIAL);
  if (due === undefined) return undefined;
  return { due, then: then as "skip", late: (late ?? "record") as "record" };
}

/** Null when neither or both of the two are given; undefined after a problem. */
function toDue(
  value: Readonly<Record<string, unknown>>,
  problems: string[],
): DeadlineSpec["due"] | undefined | null {
  const { after, at } = value;
  if ((after === undefined) === (at === undefined)) return null;
  if (at !== undefined) return toDailyTime(value) ?? null;
  const afterMs = toMs("deadline.after", after, problems);
  return afterMs === undefined ? undefined : { afterMs };
}

export const LATE_WITHOUT_PARTIAL: string =
  "its deadline says what a late part does and starts no partial run that one could come after; " +
  `leave late out, or write then: "run-partial"`;
