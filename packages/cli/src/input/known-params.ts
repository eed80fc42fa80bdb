import { isRecord, type JsonValue } from "@millrace/core/internal";
import { nearNames } from "../names/near-names.ts";
import { inputInvalid } from "./input-invalid.ts";

/**
 * Refuses parameters that the pipeline does not have. Most schemas would drop them without a
 * word, and the run would go its way with defaults.
 *
 * @param pipeline - Its name, for the message.
 * @param schema - JSON Schema of its parameters; null when it takes none.
 * @throws {INPUT_INVALID} With what may have been meant.
 */
export function refuseUnknownParams(
  pipeline: string,
  schema: JsonValue,
  given: readonly string[],
): void {
  const known = knownNames(schema);
  if (known === null) return;
  const problems = given
    .filter((name) => !known.includes(name))
    .map((name) => `${pipeline} has no param ${name}. ${mendOf(name, known)}`);
  if (problems.length > 0) throw inputInvalid("--param", problems);
}

/** Null when any name will do. */
function knownNames(schema: JsonValue): readonly string[] | null {
  if (schema === null) return [];
  if (!isRecord(schema) || !isRecord(schema["properties"])) return null;
  const { additionalProperties: others = false, patternProperties: patterns } = schema;
  return others === false && patterns === undefined ? Object.keys(schema["properties"]) : null;
}

function mendOf(name: string, known: readonly string[]): string {
  if (known.length === 0) return "It takes none.";
  const near = nearNames(name, known);
  return near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `It has ${known.join(", ")}.`;
}
