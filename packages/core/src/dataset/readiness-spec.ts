import { quoted } from "../check/names.ts";
import { parseDurationMs } from "../lib/duration.ts";
import type { ReadySpec } from "../spec/dataset-spec.ts";

const READY: unique symbol = Symbol.for("millrace.ready") as never;

/** When a partition of several objects is complete, made by {@link marker} and its like. */
export interface Ready {
  readonly [READY]: ReadyDraft;
}

type ReadyDraft =
  | { readonly type: "marker" | "manifest"; readonly name: unknown }
  | { readonly type: "count" | "totalBytes"; readonly least: unknown }
  | { readonly type: "quiet"; readonly duration: unknown };

/**
 * Complete when an object of this name is there.
 *
 * @param name - Without slashes: `_SUCCESS`.
 */
export function marker(name: string): Ready {
  return toReady({ type: "marker", name });
}

/** Complete when so many objects are there. */
export function count(least: number): Ready {
  return toReady({ type: "count", least });
}

/**
 * Complete when an object of this name is there, and each key that it lists.
 *
 * @param name - Without slashes: `manifest.json`.
 */
export function manifest(name: string): Ready {
  return toReady({ type: "manifest", name });
}

/**
 * Complete when something came, and then nothing for this long.
 *
 * @param duration - Above nothing, at most `7d`: `5m`.
 */
export function quiet(duration: string): Ready {
  return toReady({ type: "quiet", duration });
}

/** Complete when the objects have so many bytes together. */
export function totalBytes(least: number): Ready {
  return toReady({ type: "totalBytes", least });
}

function toReady(draft: ReadyDraft): Ready {
  return Object.freeze({ [READY]: Object.freeze(draft) });
}

/** The rule as data; null, and a problem without its full stop, for what is none. */
export function toReadySpec(value: unknown, problems: string[]): ReadySpec | null {
  if (typeof value !== "object" || value === null || !(READY in value)) {
    problems.push(
      `its ready ${quoted(value)} is no rule; write marker("_SUCCESS"), count(24) or quiet("5m")`,
    );
    return null;
  }
  const draft = (value as Ready)[READY];
  switch (draft.type) {
    case "marker":
    case "manifest":
      return named(draft.type, draft.name, problems);
    case "count":
      return isLeast(draft.least, COUNT_MAX, "count", problems)
        ? Object.freeze({ type: "count", count: draft.least })
        : null;
    case "totalBytes":
      return isLeast(draft.least, Number.MAX_SAFE_INTEGER, "totalBytes", problems)
        ? Object.freeze({ type: "totalBytes", bytes: draft.least })
        : null;
    case "quiet":
      return quietSpec(draft.duration, problems);
  }
}

/** Each object of a partition that waits is kept. */
const COUNT_MAX = 1_000_000;
const QUIET_MS_MAX = 604_800_000;
const NAME_LENGTH_MAX = 255;

function named(type: "marker" | "manifest", name: unknown, problems: string[]): ReadySpec | null {
  const isName = typeof name === "string" && /^[^/\0]+$/.test(name) && name.isWellFormed();
  if (isName && name.length <= NAME_LENGTH_MAX) return Object.freeze({ type, name });
  problems.push(
    `its ${type}(${quoted(name)}) names no object; write its last segment, 1 to ${NAME_LENGTH_MAX} characters, like "_SUCCESS"`,
  );
  return null;
}

function isLeast(value: unknown, max: number, type: string, problems: string[]): value is number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max)
    return true;
  problems.push(`its ${type}(${quoted(value)}) takes a whole number from 1 to ${max}`);
  return false;
}

function quietSpec(duration: unknown, problems: string[]): ReadySpec | null {
  const quietMs = typeof duration === "string" ? parseDurationMs(duration) : null;
  if (quietMs !== null && quietMs > 0 && quietMs <= QUIET_MS_MAX)
    return Object.freeze({ type: "quiet", quietMs });
  problems.push(`its quiet(${quoted(duration)}) takes a duration, above nothing and at most "7d"`);
  return null;
}
