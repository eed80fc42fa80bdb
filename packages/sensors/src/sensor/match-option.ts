import { parseDurationMs } from "@millrace/core/internal";
import type { RunMatchSpec } from "../check/run-match.ts";

/**
 * Which run is meant. `logicalDate` and `partition` are those of the run that waits; an offset is
 * a duration with a sign or without (`-1d`); a `window` of `6h` takes the newest run since six
 * hours before the sensor began to wait.
 */
export type OneRunMatch =
  | "latest"
  | "logicalDate"
  | "partition"
  | { readonly runId: string }
  | { readonly logicalDate: string }
  | { readonly logicalDateOffset: string }
  | { readonly partition: string }
  | { readonly window: string };

/** Which runs are meant, where one is not enough. */
export type SeveralRunsMatch =
  | { readonly runIds: readonly string[] }
  | { readonly logicalDates: readonly string[] }
  | { readonly logicalDateOffsets: readonly string[] }
  | { readonly window: string };

/** Reads a match; null when it is none, and `problems` then says why. */
export function toMatchSpec(
  match: OneRunMatch | SeveralRunsMatch,
  problems: string[],
): RunMatchSpec | null {
  if (match === "latest") return { by: "latest" };
  if (match === "logicalDate") return { by: "logicalDate", offsetsMs: [0] };
  if (match === "partition") return { by: "partition" };
  if (typeof match === "object" && match !== null) {
    if ("runId" in match) return { by: "runId", ids: [match.runId] };
    if ("runIds" in match) return { by: "runId", ids: match.runIds };
    if ("logicalDate" in match) return byDates([match.logicalDate], problems);
    if ("logicalDates" in match) return byDates(match.logicalDates, problems);
    if ("logicalDateOffset" in match) return byOffsets([match.logicalDateOffset], problems);
    if ("logicalDateOffsets" in match) return byOffsets(match.logicalDateOffsets, problems);
    if ("partition" in match) return { by: "partition", partition: match.partition };
    if ("window" in match) return byWindow(match.window, problems);
  }
  problems.push(
    'Its match is not known; write "latest", "logicalDate", "partition" or e.g. { runId: "…" }.',
  );
  return null;
}

function byDates(dates: readonly string[], problems: string[]): RunMatchSpec | null {
  const odd = dates.find((date) => !ISO_INSTANT.test(date) || Number.isNaN(Date.parse(date)));
  if (odd === undefined)
    return { by: "logicalDates", dates: dates.map((date) => Date.parse(date)) };
  problems.push(
    `The logical date ${shown(odd)} is no instant; write one with its zone, like "2026-02-03T00:00:00Z".`,
  );
  return null;
}

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function byOffsets(offsets: readonly string[], problems: string[]): RunMatchSpec | null {
  const offsetsMs = offsets.map(signedMs);
  const read = offsetsMs.filter((ms) => ms !== null);
  if (read.length === offsets.length) return { by: "logicalDate", offsetsMs: read };
  const odd = offsets[offsetsMs.indexOf(null)];
  problems.push(`The offset ${shown(odd)} is no duration; write one like "-1d" or "6h".`);
  return null;
}

function byWindow(window: string, problems: string[]): RunMatchSpec | null {
  const earlierMs = parseDurationMs(String(window));
  if (earlierMs !== null) return { by: "window", earlierMs };
  problems.push(`The window ${shown(window)} is no duration; write one like "6h".`);
  return null;
}

function signedMs(offset: string): number | null {
  const text = String(offset);
  const ms = parseDurationMs(text.replace(/^[+-]/, ""));
  return ms !== null && text.startsWith("-") ? -ms : ms;
}

function shown(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 80));
}
