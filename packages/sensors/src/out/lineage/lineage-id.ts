import { createHash } from "node:crypto";

/** The namespace of URLs, RFC 9562, appendix "Namespace IDs" (6ba7b811-…). */
const NAMESPACE_URL = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";

/** What one run is, among all runs of one installation. */
export interface LineageRunKey {
  readonly runId: number;
  /** Absent: the run as a whole. */
  readonly task?: string;
  /** Of a mapped task. */
  readonly item?: number | null;
}

/**
 * The UUID under which OpenLineage knows a run or a task run: version 5 over
 * `millrace://{installation}/runs/{n}[/tasks/{task}[/{item}]]`.
 *
 * A name-based UUID and not a random or time-based one (4, 7), because all events of a run must
 * carry the same id, also those that another process sends, or the same one again after a crash:
 * what can be computed need not be stored. Version 5 and not 8, whose layout only its maker
 * knows: anyone can compute it with any UUID library. All attempts of a task are one run to
 * OpenLineage, since nothing may follow its `FAIL`.
 *
 * @param installation - Tells apart installations that send to one collector; never changed once
 *   events have been sent.
 * @see RFC 9562, section 5.5.
 */
export function lineageRunId(installation: string, key: LineageRunKey): string {
  return uuidV5(NAMESPACE_URL, nameOf(installation, key));
}

function nameOf(installation: string, { runId, task, item = null }: LineageRunKey): string {
  const run = `millrace://${encodeURIComponent(installation)}/runs/${runId}`;
  if (task === undefined) return run;
  const whole = `${run}/tasks/${encodeURIComponent(task)}`;
  return item === null ? whole : `${whole}/${item}`;
}

/** @param namespace - A UUID. */
export function uuidV5(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name, "utf8")
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
