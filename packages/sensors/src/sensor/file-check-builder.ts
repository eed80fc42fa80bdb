import path from "node:path";
import type { ExternalCheck } from "@millrace/core";
import { parseDurationMs } from "@millrace/core/internal";
import type { FileCheck } from "../check/file-check.ts";
import { type SensorPolicyOptions, toPolicies } from "./sensor-policies.ts";
import { built } from "./stored-check.ts";

export interface FileCheckOptions extends SensorPolicyOptions {
  /** For how long nothing may have written to it (`1m`); its writer may still be at it else. */
  readonly quiet?: string;
}

/** A file that was waited for. */
export interface FileValue {
  readonly path: string;
  readonly bytes: number;
}

/** A directory that was waited for. */
export interface DirectoryValue {
  readonly path: string;
  readonly entries: number;
}

/**
 * Waits for a file. It is looked for by the process that asks for sensors (`millrace scheduler`,
 * `millrace dev`, `millrace run`), so its path is one that all of these share.
 *
 * @param at - An absolute path.
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example file("/mnt/drop/orders.csv", { quiet: "1m", bytesMin: 1 });
 */
export function file(
  at: string,
  { bytesMin = 0, ...options }: FileCheckOptions & { readonly bytesMin?: number } = {},
): ExternalCheck<FileValue> {
  return fileCheck(at, { type: "file", atLeast: bytesMin }, options);
}

/**
 * Waits for a directory with entries in it, like {@link file}.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example directory("/mnt/drop/orders", { entriesMin: 24 });
 */
export function directory(
  at: string,
  { entriesMin = 0, ...options }: FileCheckOptions & { readonly entriesMin?: number } = {},
): ExternalCheck<DirectoryValue> {
  return fileCheck(at, { type: "directory", atLeast: entriesMin }, options);
}

function fileCheck<V>(
  at: string,
  what: Pick<FileCheck, "type" | "atLeast">,
  options: FileCheckOptions,
): ExternalCheck<V> {
  const { quiet = "0s" } = options;
  const problems: string[] = [];
  const policies = toPolicies(options, problems);
  const quietMs = parseDurationMs(String(quiet));
  if (quietMs === null) problems.push(`Its quiet is no duration; write one like "1m".`);
  if (typeof at !== "string" || !path.isAbsolute(at) || at.includes("\0"))
    problems.push(
      `${JSON.stringify(String(at).slice(0, 200))} is no absolute path; where else it lies would depend on who looks.`,
    );
  if (!Number.isSafeInteger(what.atLeast) || what.atLeast < 0)
    problems.push("The least that it holds is a whole number.");
  const ask: FileCheck = { path: at, ...what, quietMs: quietMs ?? 0 };
  return built({ kind: "file", target: LOCAL, ask, policies }, problems);
}

/** All files are one target: looking at one costs next to nothing. */
const LOCAL = "the file system";
