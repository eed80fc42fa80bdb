import { userInfo } from "node:os";
import type { Said } from "@millrace/core/internal";
import type { Command } from "commander";

/** What every command that acts on a run takes. */
export interface SaidOptions {
  readonly why?: string;
  readonly by?: string;
}

/** Adds the options by which people say who they are and why they act. */
export function withSaid(command: Command): Command {
  return command
    .option("--why <text>", "the reason, for the record")
    .option("--by <name>", "who does it, for the record; else the user of this machine");
}

export function saidOf({ by, why }: SaidOptions): Said {
  return { by: by ?? userName(), why: why ?? null };
}

/** Not every process runs as a user that the machine knows. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
