import { formatDuration } from "@millrace/core/internal";
import type { AttemptName, Observer, WorkerEvent } from "@millrace/worker";
import type { Terminal } from "../terminal/terminal.ts";
import { namedErrorWords, runName, shortName } from "../terminal/words.ts";
import { clockText } from "./clock-text.ts";

interface WorkLine {
  readonly text: string;
  /** `detail` is for those who asked for all; `problem` for those who asked for quiet as well. */
  readonly weight: "detail" | "message" | "problem";
}

/** A problem that repeats itself, as when a server is away, is told once in this time. */
const REPEATED_AFTER_MS = 10_000;
const TEXTS_MAX = 1_000;

/** Tells what a process does as messages: what handlers log, what fails, what goes wrong. */
export function toWorkObserver(terminal: Terminal): Observer {
  const toldAtMs = new Map<string, number>();
  return (event) => {
    const line = toWorkLine(event);
    if (line === null || (line.weight === "detail" && !terminal.verbose)) return;
    const text = `${clockText(new Date())} ${line.text}`;
    if (line.weight !== "problem") terminal.say(text);
    else if (!isRepeated(line.text)) terminal.warn(text);
  };

  function isRepeated(text: string): boolean {
    const nowMs = performance.now();
    const beforeMs = toldAtMs.get(text) ?? -Infinity;
    if (nowMs - beforeMs < REPEATED_AFTER_MS) return true;
    if (toldAtMs.size >= TEXTS_MAX) toldAtMs.clear();
    toldAtMs.set(text, nowMs);
    return false;
  }
}

/** @returns Null for what only counts, not tells. */
export function toWorkLine(event: WorkerEvent): WorkLine | null {
  switch (event.type) {
    case "log": {
      const { level, message, fields, attempt } = event;
      const text = `  ${level.padEnd(5)} ${attemptWords(attempt)}: ${message}${fieldWords(fields)}`;
      return { text, weight: level === "debug" ? "detail" : "message" };
    }
    case "finished":
      return finishedLine(event);
    case "sessionLost":
      return {
        text: `! This worker lost its session: ${event.reason}. It begins anew.`,
        weight: "problem",
      };
    case "draining":
      if (event.running === 0) return null;
      return { text: `Waiting for ${event.running} running.`, weight: "message" };
    case "problem":
      return { text: `! ${event.where}: ${errorWords(event.error)}`, weight: "problem" };
    case "swept":
      return { text: `swept: ${event.what} (${event.count})`, weight: "detail" };
    case "claimed":
      return { text: `● ${attemptWords(event.attempt)}`, weight: "detail" };
    case "sessionOpened":
    case "evaluated":
    case "runEnded":
    case "timersFired":
      return null;
  }
}

function finishedLine(event: WorkerEvent & { readonly type: "finished" }): WorkLine {
  const { attempt, outcome, error, ms } = event;
  const took = formatDuration(ms);
  const what = `${attemptWords(attempt)} ${took}`;
  if (outcome === "succeeded") return { text: `✓ ${what}`, weight: "detail" };
  if (outcome === "released") return { text: `↩ ${what} handed back`, weight: "message" };
  if (outcome === "suspended") return { text: `… ${what} waits`, weight: "detail" };
  if (outcome === "again") return { text: `… ${what} tries again`, weight: "detail" };
  if (outcome === "skipped") return { text: `– ${what} skipped`, weight: "detail" };
  const why = error === null ? outcome : namedErrorWords(error.name, error.message);
  return { text: `✕ ${what} attempt ${attempt.attempt}: ${why}`, weight: "message" };
}

/** Its story is named where it began elsewhere: a run that is the first of it is named already. */
function attemptWords({ pipeline, task, index, runId, correlationId }: AttemptName): string {
  const item = index === null ? "" : `[${index}]`;
  const story = correlationId === runName(runId) ? "" : ` (${correlationId})`;
  return `${shortName(pipeline)}.${task}${item} ${runName(runId)}${story}`;
}

function fieldWords(fields: unknown): string {
  const isEmpty =
    fields === null ||
    fields === undefined ||
    (typeof fields === "object" && Object.keys(fields).length === 0);
  return isEmpty ? "" : ` ${JSON.stringify(fields)}`;
}

function errorWords(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
