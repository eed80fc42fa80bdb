import type { RunDetail, TaskDetail } from "@millrace/postgres";
import type { Terminal } from "../terminal/terminal.ts";
import { storedErrorWords } from "../terminal/words.ts";

const TASKS_SHOWN_MAX = 10;

type Failed = Pick<TaskDetail, "name" | "item" | "attempt" | "startedAt" | "error" | "reason">;

/** Tells what failed in a run, to whoever waited for it. */
export function sayHowItEnded(run: RunDetail, terminal: Terminal): void {
  const failed = run.tasks.filter(({ state }) => state === "failed");
  const sign = terminal.styledMessage("red", "✕");
  for (const task of failed.slice(0, TASKS_SHOWN_MAX)) {
    terminal.warn(`${sign} ${failureLine(task)}`);
  }
  const rest = failed.length - TASKS_SHOWN_MAX;
  if (rest > 0) terminal.warn(`  and ${rest} more`);
}

/** A map itself, and what never began, made no attempt. */
export function failureLine({ name, item, attempt, startedAt, error, reason }: Failed): string {
  const task = item === null ? name : `${name}[${item}]`;
  const at = startedAt === null ? "" : ` at attempt ${attempt}`;
  return `${task} failed${at}: ${storedErrorWords(error) || (reason ?? "no reason was recorded")}`;
}
