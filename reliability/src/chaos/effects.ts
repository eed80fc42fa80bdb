import { AppendFile } from "./append-file.ts";

/** What a handler did to the outside world: this file stands for it. */
export interface Effect {
  /** Of the task, the same across its attempts. */
  readonly key: string;
  readonly pid: number;
  readonly trigger: string;
  /** Names of what its run consumed, as the handler saw them. */
  readonly received: readonly string[];
  /** What it saw as the result of its first step; null without steps. */
  readonly token: string | null;
}

/** A worker of the rig says in its environment where effects go; nobody else has any. */
const path = process.env["MILLRACE_CHAOS_EFFECTS"];
const file = path === undefined ? null : new AppendFile(path);

interface HandlerView {
  readonly run: { readonly trigger: string };
  readonly attempt: { readonly key: string };
}

export function effect(
  { run, attempt }: HandlerView,
  received: readonly string[] = [],
  token: string | null = null,
): void {
  file?.write({
    key: attempt.key,
    pid: process.pid,
    trigger: run.trigger,
    received,
    token,
  } satisfies Effect);
}
