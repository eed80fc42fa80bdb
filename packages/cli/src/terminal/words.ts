import { formatDuration, isRecord } from "@millrace/core/internal";
import type { RunState, TaskState } from "@millrace/core/internal";
import type { Style } from "./terminal.ts";

export { partitionWords, shortName } from "@millrace/core/internal";

/** `run_12`: how commands, handlers and correlation ids name a run. */
export function runName(id: number): string {
  return `run_${id}`;
}

/** Between two moments; empty while one of them is to come. */
export function durationWords(from: Date | null, to: Date | null): string {
  if (from === null || to === null) return "";
  return formatDuration(to.getTime() - from.getTime());
}

/** `1 run`, `2 runs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The message of an error as a row keeps it; empty when there is none. */
export function storedErrorWords(error: unknown): string {
  if (!isRecord(error)) return "";
  const { name, message } = error;
  const text = typeof message === "string" ? message : "";
  return typeof name !== "string" || name === "Error" ? text : namedErrorWords(name, text);
}

/** Names of classes that say nothing to who reads the message. */
const PLAIN: ReadonlySet<string> = new Set(["MillraceError", "NonRetryable"]);

/** The message of an error with its name, where that says something. */
export function namedErrorWords(name: string, message: string): string {
  return PLAIN.has(name) ? message : `${name}: ${message}`;
}

const SIGNS: Readonly<Record<RunState | TaskState, readonly [string, Style]>> = {
  queued: ["○", "dim"],
  running: ["●", "cyan"],
  waiting: ["○", "dim"],
  succeeded: ["✓", "green"],
  failed: ["✕", "red"],
  upstream_failed: ["✕", "red"],
  skipped: ["–", "dim"],
  cancelled: ["■", "yellow"],
};

/** A state by its sign, and the style to show it in. */
export function signOf(state: RunState | TaskState): {
  readonly sign: string;
  readonly style: Style;
} {
  const [sign, style] = SIGNS[state];
  return { sign, style };
}

/** What somebody outside wrote, on one line and without what terminals take for a command. */
export function foreignLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").trim();
}

/** The same of a text of several lines. */
export function foreignText(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, "\uFFFD");
}
