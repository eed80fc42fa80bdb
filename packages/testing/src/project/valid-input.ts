import type { AnyPipeline } from "@millrace/core";
import { type JsonValue, MillraceError, PIPELINE } from "@millrace/core/internal";
import { checkSchema, issueText, type Schema } from "@millrace/worker";
import { json } from "../timeline-fact.ts";

/**
 * A value as its schema makes it; as it is without a schema.
 *
 * @throws {INPUT_INVALID} With every issue of the schema.
 */
export async function valid(what: string, schema: Schema | null, value: unknown): Promise<unknown> {
  if (schema === null) return value;
  const check = await checkSchema(schema, value);
  if (check.ok) return check.value;
  const issues = check.issues.map(issueText);
  throw new MillraceError("INPUT_INVALID", { what, issues }, `${what}: ${issues.join("; ")}`);
}

/**
 * The params of a run, as given: the pipeline's own schema makes of them what it will.
 *
 * @throws {INPUT_INVALID} When that schema refuses them.
 */
export async function checkedParams(pipeline: AnyPipeline, params: unknown): Promise<JsonValue> {
  const { params: schema } = pipeline[PIPELINE];
  const what = `params of ${pipeline.name}`;
  await valid(what, schema, params);
  return json(params, what);
}
