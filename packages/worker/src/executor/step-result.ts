import { checkJson } from "@millrace/core/internal";
import type { JsonValue } from "@millrace/core/internal";
import { outputInvalid } from "./output-invalid.ts";
import type { SecretGuard } from "./secrets.ts";

/** Makes of what a step returned what is kept of it, and given to the handler each time. */
export function stepResult(secrets: SecretGuard): (name: string, value: unknown) => JsonValue {
  return (name, value) => {
    const what = `result of step ${JSON.stringify(name)}`;
    const check = checkJson(value === undefined ? null : value, "result");
    if (!check.ok) throw outputInvalid(what, [check.problem]);
    secrets.assertFree(check.value, what);
    return check.value;
  };
}
