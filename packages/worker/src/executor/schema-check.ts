import type { PipelineDefinition } from "@millrace/core/internal";

/** Any schema library's schema, as Standard Schema has it. */
export type Schema = NonNullable<PipelineDefinition["params"]>;

export type SchemaCheck =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly path: readonly string[];
  readonly message: string;
}

const ISSUES_MAX = 20;

/** What a schema makes of a value. Rejects only when the schema itself throws. */
export async function checkSchema(schema: Schema, value: unknown): Promise<SchemaCheck> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { ok: true, value: result.value };
  const issues = result.issues.slice(0, ISSUES_MAX).map(({ message, path }) => {
    const keys = (path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
    return { path: keys, message };
  });
  return { ok: false, issues };
}

/** An issue in one line: `rows.0: Expected number`. */
export function issueText({ path, message }: SchemaIssue): string {
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}
