import { cleaned, formatDuration, type StoredError } from "@millrace/core/internal";

/** How a process ended that did not say how its attempt did. */
export interface Crash {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Its last lines on stderr. */
  readonly lastLines: readonly string[];
  /** Of `isolate`. */
  readonly memoryMb: number | null;
  /** The worker ended it for the memory that it held. */
  readonly isTooLarge: boolean;
  readonly elapsedMs: number;
}

const MESSAGE_BYTES_MAX = 8 * 1024;
const HEAP_WORDS = /heap out of memory|Reached heap limit/;

/** What a row keeps of it: what happened, the last words, and what to do. */
export function crashError(task: string, crash: Crash): StoredError {
  const { exitCode, signal, lastLines, elapsedMs } = crash;
  const how = signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
  const words = lastLines.length === 0 ? "" : `\n${lastLines.join("\n")}`;
  // V8's dump of its heap says no more; the task's log has it.
  const message = isOutOfMemory(crash)
    ? `the process of task ${task} ran out of memory${limitWords(crash)}`
    : `the process of task ${task} ${how} after ${formatDuration(elapsedMs)}, without a result${words}`;
  return {
    name: isOutOfMemory(crash) ? "OutOfMemory" : "ProcessCrashed",
    message: cleaned(message, MESSAGE_BYTES_MAX),
    stack: null,
    reason: "crashed",
  };
}

function isOutOfMemory({ isTooLarge, lastLines }: Crash): boolean {
  return isTooLarge || lastLines.some((line) => HEAP_WORDS.test(line));
}

function limitWords({ memoryMb }: Crash): string {
  if (memoryMb === null) return '; let it hold less at once, or set isolate: { memory: "8GiB" }';
  return `: it may use ${memoryMb} MiB; raise memory of isolate, or let it hold less at once`;
}
