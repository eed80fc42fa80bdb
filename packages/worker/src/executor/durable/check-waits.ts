import {
  checkLabel,
  type JsonValue,
  readSensorCheck,
  sensorTimeProblems,
  toCheckBackoff,
} from "@millrace/core/internal";
import type { SecretGuard } from "../secrets.ts";
import type { Durable } from "./durable.ts";
import { durationMs, misuse, nameIn, optionsOf } from "./wait-options.ts";

/** Waits until a check of an outside system comes true, and answers with its end. */
export async function waitForCheck(
  durable: Durable,
  secrets: SecretGuard,
  given: unknown,
  options?: unknown,
): Promise<JsonValue> {
  const written = optionsOf("waitForCheck()", options);
  const name = nameIn(written) ?? durable.ordinalName("check");
  const read = readSensorCheck(given);
  if (!read.ok) throw misuse("waitForCheck()", read.problem);
  const { check } = read;
  const what = `the check of ${checkLabel(check)}`;
  // It lies in the database and is shown: a check says by which name its secret is found.
  secrets.assertFree(check, what);
  const everyMs = durationMs("every of waitForCheck()", written["every"]);
  if (everyMs === null) throw misuse(`${what} is asked how often?`, 'write { every: "30s" }');
  const timeoutMs = durationMs("the timeout of waitForCheck()", written["timeout"]);
  const problems: string[] = [];
  const backoff = toCheckBackoff(written["backoff"], problems);
  problems.push(...sensorTimeProblems({ everyMs, timeoutMs, backoff }));
  if (problems.length > 0) throw misuse(what, problems.join("; "));
  return durable.wait(name, { kind: "check", check, everyMs, backoff, timeoutMs });
}
