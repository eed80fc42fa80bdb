import { isRecord, MillraceError, type PipelineDefinition } from "@millrace/core/internal";
import { checkSchema, issueText, type Schema, type SchemaIssue } from "./executor/schema-check.ts";

/** What namespaces give to the handlers of their pipelines. */
export interface Settings {
  /** The variables of the pipeline's namespace, as its schema made them. */
  variablesOf(definition: PipelineDefinition): unknown;
  /** @throws {INPUT_INVALID} When the secret is not declared, or not set on this machine. */
  secretOf(definition: PipelineDefinition, name: string): string;
}

/** Where settings come from: `process.env` and `readFile`, or a test's own. */
export interface SettingsSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * Reads variables and secrets of namespaces: `MILLRACE_VAR_<NAMESPACE>_<NAME>` and
 * `MILLRACE_SECRET_<NAMESPACE>_<NAME>`, or the same with `_FILE` for the path of a file that
 * holds the value. Names are in upper case with `_` for everything that is neither letter nor
 * digit; `maxRows` is `MAX_ROWS`.
 *
 * A variable is text; where its schema does not take that, it is read as JSON (`5`, `true`).
 * A missing secret is an error only for the handler that asks for it, because a worker may
 * have code for pipelines that never run here.
 *
 * @throws {INPUT_INVALID} When a namespace's schema refuses its variables; names each of them.
 */
export async function readSettings(
  definitions: readonly PipelineDefinition[],
  source: SettingsSource,
): Promise<Settings> {
  const variables = new Map<PipelineDefinition, unknown>();
  const secrets = new Map<string, string>();
  for (const definition of definitions) {
    const { namespace } = definition.spec;
    variables.set(definition, await readVariables(definition, source));
    for (const name of definition.secrets) {
      const variable = variableName("SECRET", namespace, name);
      const value = await readValue(variable, source);
      if (value !== null) secrets.set(variable, value);
    }
  }
  return {
    variablesOf: (definition) => variables.get(definition) ?? {},
    secretOf: (definition, name) => secretOf(definition, name, secrets),
  };
}

function secretOf(
  { spec, secrets: declared }: PipelineDefinition,
  name: string,
  secrets: ReadonlyMap<string, string>,
): string {
  const variable = variableName("SECRET", spec.namespace, name);
  const what = `secret ${name} of namespace ${spec.namespace}`;
  if (!declared.includes(name)) {
    throw invalid(what, [`it is not declared; add it to the namespace's secrets`]);
  }
  const value = secrets.get(variable);
  if (value !== undefined) return value;
  throw invalid(what, [`it is not set on this worker; set ${variable} or ${variable}_FILE`]);
}

const ROUNDS_MAX = 4;

/** Lets the schema say what is wrong, and mends what the environment could not express. */
async function readVariables(
  { spec, variables: schema }: PipelineDefinition,
  source: SettingsSource,
): Promise<unknown> {
  if (schema === null) return {};
  const { namespace } = spec;
  const values = new Map<string, unknown>();
  for (const name of namesOf(schema) ?? namesIn(source.environment, namespace)) {
    await take(name);
  }
  for (let round = 1; ; round += 1) {
    const check = await checkSchema(schema, Object.fromEntries(values));
    if (check.ok) return check.value;
    const mended = await Promise.all(check.issues.map(mend));
    if (!mended.includes(true) || round === ROUNDS_MAX) throw refused(namespace, check.issues);
  }

  async function take(name: string): Promise<boolean> {
    const value = await readValue(variableName("VAR", namespace, name), source);
    if (value !== null) values.set(name, value);
    return value !== null;
  }

  async function mend({ path: [name] }: SchemaIssue): Promise<boolean> {
    if (name === undefined) return false;
    if (!values.has(name)) return take(name);
    const parsed = parseJson(values.get(name));
    if (parsed === undefined) return false;
    values.set(name, parsed);
    return true;
  }
}

function refused(namespace: string, issues: readonly SchemaIssue[]): MillraceError {
  const problems = issues.map((issue) => {
    const [name] = issue.path;
    const where = name === undefined ? "" : `; set ${variableName("VAR", namespace, name)}`;
    return `${issueText(issue)}${where}`;
  });
  return invalid(`variables of namespace ${namespace}`, problems);
}

function invalid(what: string, issues: readonly string[]): MillraceError<"INPUT_INVALID"> {
  return new MillraceError("INPUT_INVALID", { what, issues }, `${what}: ${issues.join("; ")}`);
}

/** The name of the environment variable for a namespace's variable or secret. */
export function variableName(kind: "VAR" | "SECRET", namespace: string, name: string): string {
  return `MILLRACE_${kind}_${upper(namespace)}_${upper(name)}`;
}

function upper(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

async function readValue(variable: string, source: SettingsSource): Promise<string | null> {
  const value = source.environment[variable];
  if (value !== undefined) return value;
  const path = source.environment[`${variable}_FILE`];
  if (path === undefined) return null;
  try {
    return (await source.readFile(path)).replace(/\r?\n$/, "");
  } catch (cause) {
    const issue = `${variable}_FILE names ${path}, which cannot be read`;
    throw new MillraceError("INPUT_INVALID", { what: variable, issues: [issue] }, issue, { cause });
  }
}

/** The names that a schema declares, where its library offers them as JSON Schema. */
function namesOf(schema: Schema): readonly string[] | null {
  const standard: unknown = schema["~standard"];
  if (!isRecord(standard) || !isRecord(standard["jsonSchema"])) return null;
  const { input } = standard["jsonSchema"];
  if (typeof input !== "function") return null;
  try {
    const shape: unknown = input({ target: "draft-2020-12" });
    return isRecord(shape) && isRecord(shape["properties"])
      ? Object.keys(shape["properties"])
      : null;
  } catch {
    return null; // a schema that JSON Schema cannot express; the environment has the names
  }
}

function namesIn(environment: SettingsSource["environment"], namespace: string): readonly string[] {
  const prefix = `MILLRACE_VAR_${upper(namespace)}_`;
  return Object.keys(environment)
    .filter((variable) => variable.startsWith(prefix))
    .map((variable) =>
      variable
        .slice(prefix.length)
        .replace(/_FILE$/, "")
        .toLowerCase(),
    );
}

/** Undefined when the value is no text, or its JSON would be the same text again. */
function parseJson(value: unknown): unknown {
  if (typeof value !== "string") return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? undefined : parsed;
  } catch {
    return undefined;
  }
}
