import { MillraceError } from "@millrace/core/internal";
import { TOKEN_LENGTH_MIN } from "./check-hooks.ts";
import type { HookDefinition } from "./define-hook.ts";
import type { Hook } from "./hook.ts";
import { webhookSecretProblem } from "./webhook/verify-webhook.ts";

/** Where secrets come from: `process.env` and `readFile`, or a test's own. */
export interface SecretsSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * The hooks with their secrets, each from the environment variable that the hook names, or from
 * the file whose path is in the same variable with `_FILE`. An empty variable is one that is not
 * set.
 *
 * @throws {INPUT_INVALID} When one is missing or unfit; names all such variables, never a value.
 */
export async function readHookSecrets(
  definitions: readonly HookDefinition[],
  source: SecretsSource,
): Promise<readonly Hook[]> {
  const issues: string[] = [];
  const hooks: Hook[] = [];
  for (const definition of definitions) hooks.push(await readHook(definition));
  if (issues.length === 0) return hooks;
  const text = issues.length === 1 ? issues.join() : issues.map((i) => `- ${i}`).join("\n");
  throw new MillraceError("INPUT_INVALID", { what: "secrets of hooks", issues }, text);

  async function readHook(hook: HookDefinition): Promise<Hook> {
    const tokens = hook.tokens && (await readAll(hook.name, hook.tokens, tokenProblem));
    const access = tokens === undefined ? {} : { tokens };
    if (hook.kind !== "json") return { ...hook, ...access };
    const secrets = await readAll(hook.name, hook.secrets, webhookSecretProblem);
    return { ...hook, ...access, secrets };
  }

  async function readAll(
    hook: string,
    variables: readonly string[],
    problemOf: (value: string) => string | null,
  ): Promise<readonly string[]> {
    const values: string[] = [];
    for (const variable of variables) {
      const read = await readVariable(variable, source);
      const problem = read.ok ? problemOf(read.value) : read.problem;
      if (problem !== null) issues.push(`Hook ${hook}: ${variable} ${problem}.`);
      else if (read.ok) values.push(read.value);
    }
    return values;
  }
}

type ReadVariable =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly problem: string };

async function readVariable(variable: string, source: SecretsSource): Promise<ReadVariable> {
  const value = source.environment[variable] ?? "";
  if (value !== "") return { ok: true, value };
  const path = source.environment[`${variable}_FILE`] ?? "";
  if (path === "") return { ok: false, problem: `is not set; set it or ${variable}_FILE` };
  try {
    return { ok: true, value: (await source.readFile(path)).replace(/\r?\n$/, "") };
  } catch {
    return { ok: false, problem: `is not set, and ${variable}_FILE names no readable file` };
  }
}

function tokenProblem(token: string): string | null {
  if (token.length < TOKEN_LENGTH_MIN)
    return `has less than ${TOKEN_LENGTH_MIN} characters; make a longer one by chance`;
  // A header carries nothing else, so that nobody could show such a token.
  return /^[\x20-\x7e]+$/.test(token) && token === token.trim()
    ? null
    : "must be visible ASCII characters, without spaces around them";
}
