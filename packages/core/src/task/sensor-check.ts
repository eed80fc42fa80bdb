import { checkJson } from "../json/check-json.ts";
import { utf8Length } from "../json/storable-text.ts";
import { machineNameProblem, quoted } from "../check/names.ts";
import type { SensorCheck } from "../run/journal.ts";
import { isRecord } from "../spec/json.ts";

export type SensorCheckRead =
  | { readonly ok: true; readonly check: SensorCheck }
  /** Without a full stop. */
  | { readonly ok: false; readonly problem: string };

/** A check is a question, not its data; thousands of them are asked at once. */
const CHECK_BYTES_MAX = 8_192;
/** It is a key of an index, and stands in what people read. */
const TARGET_BYTES_MAX = 512;
/** It is part of a key. */
const MEMORY_BYTES_MAX = 128;

/** Reads what a sensor was given to ask, without trust: nobody compiles plain JavaScript. */
export function readSensorCheck(given: unknown): SensorCheckRead {
  if (!isRecord(given)) {
    return refused("is no object; give it what a builder of a check returned");
  }
  const { kind, target } = given;
  const kindProblem = machineNameProblem(kind as string);
  if (kindProblem !== null) return refused(`has no kind that can be used: ${kindProblem}`);
  if (typeof target !== "string" || target.trim() === "") {
    return refused("has no target; say which system is asked");
  }
  if (utf8Length(target) > TARGET_BYTES_MAX) {
    return refused(`has a target of more than ${TARGET_BYTES_MAX} bytes; shorten it`);
  }
  const memoryProblem = problemOfMemory(given["memory"]);
  if (memoryProblem !== null) return refused(memoryProblem);
  const mend = "name a file or a query of the other side instead";
  const read = checkJson(given, "check", { bytesMax: CHECK_BYTES_MAX, mend });
  if (!read.ok) return { ok: false, problem: `its check is no JSON: ${read.problem}` };
  return { ok: true, check: read.value as SensorCheck };
}

function problemOfMemory(memory: unknown): string | null {
  if (memory === undefined) return null;
  if (typeof memory !== "string" || memory === "" || memory.includes("\0"))
    return "has a memory that is no name; give it a text";
  if (utf8Length(memory) > MEMORY_BYTES_MAX)
    return `has a memory with a name of more than ${MEMORY_BYTES_MAX} bytes; shorten it`;
  return null;
}

function refused(problem: string): SensorCheckRead {
  return { ok: false, problem: `its check ${problem}` };
}

/** How a problem shows the check that it is about. */
export function checkLabel({ kind, target }: SensorCheck): string {
  return `${kind} at ${quoted(target)}`;
}
