import type { RunDetail } from "@millrace/postgres";
import type { Terminal } from "../terminal/terminal.ts";
import { storedErrorWords } from "../terminal/words.ts";

const TASKS_SHOWN_MAX = 10;

/** Tells what failed in a run, to whoever waited for it. */
export function sayHowItEnded(run: RunDetail, terminal: Terminal): void {
  const failed = run.tasks.filter(({ state }) => state === "failed");
  for (const { name, item, attempt, startedAt, error, reason } of failed.slice(
    0,
    TASKS_SHOWN_MAX,
  )) {
    const task = item === null ? name : `${name}[${item}]`;
    const why = storedErrorWords(error) || (reason ?? "no reason was recorded");
    const sign = terminal.styledMessage("red", "✕");
    // A map itself, and what never began, made no attempt.
    const at = startedAt === null ? "" : ` at attempt ${attempt}`;
    terminal.warn(`${sign} ${task} failed${at}: ${why}`);
  }
  const rest = failed.length - TASKS_SHOWN_MAX;
  if (rest > 0) terminal.warn(`  and ${rest} more`);
}
