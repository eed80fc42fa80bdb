import type { SourceHealth } from "./source-health.ts";

/** In one line, how a source began to fail or works again; null when neither happened. */
export function healthChange(before: SourceHealth["state"], after: SourceHealth): string | null {
  if (before === after.state) return null;
  if (after.state === "failing")
    return `fails, and is tried again: ${(after.lastFailure ?? "nobody knows why").replaceAll(/\p{C}+/gu, " ")}`;
  return before === "failing" ? "works again" : null;
}
