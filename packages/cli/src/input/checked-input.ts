import {
  isRecord,
  type JsonValue,
  parseExactJson,
  type PipelineDefinition,
} from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

/** Any schema library's schema, as Standard Schema has it. */
export type Schema = NonNullable<PipelineDefinition["params"]>;

type Issue = { readonly path: readonly string[]; readonly message: string };

/**
 * A value as its schema makes it.
 *
 * @throws {INPUT_INVALID} With every issue of the schema.
 */
export async function checkedInput(
  what: string,
  schema: Schema,
  value: JsonValue,
): Promise<JsonValue> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value as JsonValue;
  throw refusal(what, issuesOf(result.issues));
}

/**
 * Parameters from `key=value` texts. A value that is JSON is meant so (`5`, `true`, `[1]`), unless
 * the schema takes only the text: a zip code stays one. They are returned as given, because the
 * pipeline's own schema makes of them what it will when the run starts.
 *
 * @throws {INPUT_INVALID} With every issue of the schema.
 */
export async function checkedParams(
  what: string,
  schema: Schema | null,
  texts: Readonly<Record<string, string>>,
): Promise<JsonValue> {
  const params = new Map(Object.entries(texts).map(([key, text]) => [key, fromText(text)]));
  // Not by assignment, which sets the prototype for the key `__proto__`.
  if (schema === null) return Object.fromEntries(params);
  const first = await schema["~standard"].validate(Object.fromEntries(params));
  if (first.issues === undefined) return Object.fromEntries(params);
  for (const { path } of issuesOf(first.issues)) {
    const [key] = path;
    if (key !== undefined && Object.hasOwn(texts, key)) params.set(key, texts[key] ?? "");
  }
  const second = await schema["~standard"].validate(Object.fromEntries(params));
  if (second.issues === undefined) return Object.fromEntries(params);
  throw refusal(what, issuesOf(first.issues));
}

/** What JSON would take digits from stays text: it is an id. */
function fromText(text: string): JsonValue {
  const read = parseExactJson(text);
  return read.ok ? read.value : text;
}

function issuesOf(
  issues: readonly { readonly message: string; readonly path?: unknown }[],
): readonly Issue[] {
  return issues.map(({ message, path }) => {
    const steps: readonly unknown[] = Array.isArray(path) ? path : [];
    return { path: steps.map((step) => String(isRecord(step) ? step["key"] : step)), message };
  });
}

function refusal(what: string, issues: readonly Issue[]): Error {
  const lines = issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return inputInvalid(
    what,
    lines.map((line) => `The ${what} do not fit their schema: ${line}.`),
  );
}
