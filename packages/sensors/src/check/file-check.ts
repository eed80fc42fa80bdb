import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Instant } from "@millrace/core/internal";
import type { Observation } from "./observation.ts";

/** A wait for a file, or for a directory with files in it. JSON. */
export interface FileCheck {
  readonly path: string;
  readonly type: "file" | "directory";
  /** Of a file; of a directory, entries in it. */
  readonly atLeast: number;
  /** How long nothing may have written to it: who writes a file makes it first. */
  readonly quietMs: number;
}

/** What a path was found to be; null: nothing. */
export interface FoundPath {
  readonly type: "file" | "directory" | "other";
  readonly size: number;
  readonly changedAt: Instant;
}

/** Looks at a path once. */
export async function askFile(check: FileCheck, now: () => Instant): Promise<Observation> {
  try {
    return readFileCheck(check, await foundAt(check.path), now());
  } catch (error) {
    const said = error instanceof Error ? error.message : typeof error;
    return { type: "unreachable", said, url: null, at: now() };
  }
}

/** What a path means for a check. */
export function readFileCheck(check: FileCheck, found: FoundPath | null, at: Instant): Observation {
  const seen = { url: null, at };
  if (found === null) return { type: "missing", said: `${check.path} does not exist`, ...seen };
  if (found.type !== check.type)
    return { type: "failed", said: `${check.path} is no ${check.type}`, ...seen };
  const unit = check.type === "file" ? "bytes" : "entries";
  if (found.size < check.atLeast) {
    const said = `${check.path} has ${found.size} of ${check.atLeast} ${unit}`;
    return { type: "running", said, ...seen };
  }
  // A time in the future is no reason to wait when no quiet is asked for.
  if (check.quietMs > 0 && at - found.changedAt < check.quietMs)
    return { type: "running", said: `${check.path} is still being written`, ...seen };
  return { type: "succeeded", value: { path: check.path, [unit]: found.size }, ...seen };
}

async function foundAt(at: string): Promise<FoundPath | null> {
  const found = await statOf(path.resolve(at));
  if (found === null) return null;
  const changedAt = Math.floor(found.mtimeMs);
  if (found.isFile()) return { type: "file", size: found.size, changedAt };
  if (!found.isDirectory()) return { type: "other", size: 0, changedAt };
  return { type: "directory", size: (await readdir(path.resolve(at))).length, changedAt };
}

async function statOf(at: string): Promise<Stats | null> {
  try {
    return await stat(at);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}
