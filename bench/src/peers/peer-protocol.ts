/**
 * What the bench and a peer's driver say to each other: a JSON object a line. The driver says
 * that it is ready, and then answers every command, one after the other.
 */
export type PeerCommand =
  /** Tasks that do nothing, laid up beforehand where the peer can. */
  | { readonly do: "tasks"; readonly count: number }
  /** One run of tasks one after the other, from the call that starts it until its end is seen. */
  | { readonly do: "chain"; readonly length: number }
  /** One task, so many after it, and one after those. */
  | { readonly do: "fanOut"; readonly width: number }
  /** From the call that enqueues a task to the start of its handler, at rest. */
  | { readonly do: "latency" }
  /** From the call that tells of an update to the start of its consumer's first task. */
  | { readonly do: "update" }
  /** Resident memory of all processes of the peer. */
  | { readonly do: "memory" };

/** What a driver says of itself when it is ready. */
export interface PeerAbout {
  readonly name: string;
  readonly version: string;
  /** Its settings, and what is not like for like. */
  readonly notes: readonly string[];
  /** The commands that it can do, besides `memory`. */
  readonly does: readonly string[];
}

/** @throws {Error} When the line is anything else. */
export function parseReady(line: string): PeerAbout {
  const said = parseObject(line);
  const { ready, name, version, notes, does } = said;
  if (ready !== true || typeof name !== "string" || typeof version !== "string")
    throw new Error(`not ready: ${line}`);
  return { name, version, notes: toStrings(notes), does: toStrings(does) };
}

/**
 * @returns Milliseconds; of `memory`, megabytes.
 * @throws {Error} When the line is an error, or no measurement.
 */
export function parseAnswer(command: PeerCommand, line: string): number {
  const said = parseObject(line);
  if (typeof said["error"] === "string") throw new Error(said["error"]);
  const measured = said[command.do === "memory" ? "rssMb" : "ms"];
  if (typeof measured !== "number" || !(measured >= 0)) throw new Error(`no answer: ${line}`);
  return measured;
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch (cause) {
    throw new Error(`not JSON: ${line}`, { cause });
  }
  if (typeof said !== "object" || said === null) throw new Error(`no object: ${line}`);
  return { ...said };
}

function toStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
