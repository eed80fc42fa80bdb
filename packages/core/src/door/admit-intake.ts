import { MillraceError } from "../error/millrace-error.ts";
import { checkJson, type SizeLimit } from "../json/check-json.ts";
import type { IntakeEvent, IntakeUpdate, ManualStart, ObservedObject } from "../ports/intake.ts";
import type { JsonValue } from "../spec/json.ts";
import { partitionTextIssues } from "./partition-text-issues.ts";
import { nameIssues, optionalIssues, textIssues } from "./text-issues.ts";

/** What a fact may carry, as UTF-8 JSON text. */
const FACT_LIMIT: SizeLimit = {
  bytesMax: 64 * 1_024,
  mend: "write it to a file and say where it lies",
};
const PARAMS_LIMIT: SizeLimit = { ...FACT_LIMIT, bytesMax: 1_048_576 };
/** Of many that are wrong in one way, the first say it. */
const ISSUES_MAX = 20;

/**
 * Updates as they are stored.
 *
 * @throws {INPUT_INVALID} With the place and the mend of each issue; nothing is taken then.
 */
export function admitUpdates(items: readonly IntakeUpdate[]): readonly IntakeUpdate[] {
  const issues: string[] = [];
  const admitted = items.map((item, place) => {
    const at = `updates[${place}]`;
    issues.push(
      ...nameIssues(`${at}.dataset`, item.dataset, "name"),
      ...partitionTextIssues(`${at}.partition`, item.partition),
      ...kindIssues(`${at}.kind`, item.kind),
      ...optionalIssues(`${at}.uri`, item.uri, "uri"),
      ...optionalIssues(`${at}.contentVersion`, item.contentVersion, "version"),
      ...checksIssues(`${at}.checks`, item.checks),
      ...originIssues(at, item),
    );
    return { ...item, metadata: taken(`${at}.metadata`, item.metadata, FACT_LIMIT, issues) };
  });
  return accepted("updates", admitted, issues);
}

/** Events as they are stored. @throws As `admitUpdates`. */
export function admitEvents(items: readonly IntakeEvent[]): readonly IntakeEvent[] {
  const issues: string[] = [];
  const admitted = items.map((item, place) => {
    const at = `events[${place}]`;
    issues.push(
      ...nameIssues(`${at}.name`, item.name, "name"),
      ...optionalIssues(`${at}.namespace`, item.namespace, "name"),
      ...originIssues(at, item),
    );
    return { ...item, data: taken(`${at}.data`, item.data, FACT_LIMIT, issues) };
  });
  return accepted("events", admitted, issues);
}

/** Objects as they are stored. @throws As `admitUpdates`. */
export function admitObjects(items: readonly ObservedObject[]): readonly ObservedObject[] {
  const issues = items.flatMap((item, place) => {
    const at = `objects[${place}]`;
    return [
      ...partitionTextIssues(`${at}.partition`, item.partition),
      ...nameIssues(`${at}.bucket`, item.bucket, "version"),
      ...nameIssues(`${at}.key`, item.key, "version"),
      ...optionalIssues(`${at}.etag`, item.etag, "version"),
      ...optionalIssues(`${at}.versionId`, item.versionId, "version"),
      ...optionalIssues(`${at}.sequencer`, item.sequencer, "version"),
      ...optionalIssues(`${at}.correlationId`, item.correlationId, "key"),
      ...listedIssues(`${at}.listed`, item.listed),
      ...(Number.isFinite(item.at) ? [] : [`${at}.at must be a time in ms since 1970; give one`]),
    ];
  });
  return accepted("objects", items, issues);
}

/** A start by hand as it is stored. @throws As `admitUpdates`. */
export function admitStart(start: ManualStart): ManualStart {
  const issues = [
    ...nameIssues("pipeline", start.pipeline, "name"),
    ...partitionTextIssues("partition", start.partition),
    ...optionalIssues("idempotencyKey", start.idempotencyKey, "key"),
    ...optionalIssues("correlationId", start.correlationId, "key"),
  ];
  const params = taken("params", start.params, PARAMS_LIMIT, issues);
  return accepted("start of a run", { ...start, params }, issues);
}

/** A value that is stored on somebody's word, such as the output of a marked task. */
export function admitValue(at: string, value: unknown): JsonValue {
  const issues: string[] = [];
  return accepted(at, taken(at, value, PARAMS_LIMIT, issues), issues);
}

/** @throws {INPUT_INVALID} When there are issues. */
export function refuse(what: string, issues: readonly string[]): void {
  if (issues.length === 0) return;
  const told = issues.slice(0, ISSUES_MAX);
  throw new MillraceError("INPUT_INVALID", { what, issues: told }, `${what}: ${told.join("; ")}.`);
}

function accepted<T>(what: string, value: T, issues: readonly string[]): T {
  refuse(what, issues);
  return value;
}

function originIssues(at: string, item: IntakeUpdate | IntakeEvent): string[] {
  const { source, idempotencyKey, correlationId } = item;
  return [
    ...textIssues(`${at}.source.type`, source?.type, "key"),
    ...textIssues(`${at}.source.key`, source?.key, "source"),
    ...optionalIssues(`${at}.idempotencyKey`, idempotencyKey, "key"),
    ...optionalIssues(`${at}.correlationId`, correlationId, "key"),
  ];
}

/** As much as a manifest of the largest size lists; each as long as a key may be. */
const LISTED_MAX = 1_048_576;

function listedIssues(at: string, listed: unknown): string[] {
  if (listed === undefined) return [];
  const isFit = (key: unknown): boolean =>
    typeof key === "string" && key.length <= 1_024 && key.isWellFormed() && !key.includes("\0");
  if (Array.isArray(listed) && listed.length <= LISTED_MAX && listed.every(isFit)) return [];
  return [`${at} must be keys of at most 1024 characters, without NUL; leave out what is none`];
}

function kindIssues(at: string, kind: unknown): string[] {
  return kind === "changed" || kind === "removed" ? [] : [`${at} must be changed or removed`];
}

function checksIssues(at: string, checks: IntakeUpdate["checks"]): string[] {
  return Object.entries(checks ?? {}).flatMap(([name, value]) => [
    ...nameIssues(`the name of a check in ${at}`, name, "name"),
    ...(typeof value === "boolean" ? [] : [`${at}.${name.slice(0, 64)} must be true or false`]),
  ]);
}

/** A copy, so that what is stored is what was looked at. */
function taken(at: string, value: unknown, limit: SizeLimit, issues: string[]): JsonValue {
  const check = checkJson(value === undefined ? null : value, at, limit);
  if (check.ok) return check.value;
  issues.push(check.problem);
  return null;
}
