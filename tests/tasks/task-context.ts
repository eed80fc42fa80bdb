import type { HelperContext } from "@millrace/tasks";

/** A context for the helpers, with what they told its log, and a way to abort. */
export interface TaskContext extends HelperContext {
  readonly lines: readonly string[];
  readonly fields: readonly object[];
  abort(reason: Error): void;
  /** Resolves when a line was told that holds `text`. */
  told(text: string): Promise<void>;
}

export function taskContext(key = "run_1.load"): TaskContext {
  const controller = new AbortController();
  const lines: string[] = [];
  const fields: object[] = [];
  const waiting = new Set<() => void>();
  const tell = (line: string, more: object = {}): void => {
    lines.push(line);
    fields.push(more);
    for (const look of waiting) look();
  };
  return {
    lines,
    fields,
    log: { info: tell, warn: tell },
    signal: controller.signal,
    attempt: { key },
    abort: (reason) => controller.abort(reason),
    told: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (lines.some((line) => line.includes(text))) resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
