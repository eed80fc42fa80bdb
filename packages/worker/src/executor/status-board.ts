import { checkJson, textProblem } from "@millrace/core/internal";
import type { ClaimedTask, JsonValue, StatusRecord } from "@millrace/core/internal";
import type { Durable } from "./durable/durable.ts";
import { outputInvalid } from "./output-invalid.ts";
import type { SecretGuard } from "./secrets.ts";

export interface StatusParts {
  readonly claimed: ClaimedTask;
  readonly durable: Durable;
  readonly secrets: SecretGuard;
  readonly setStatus: (status: StatusRecord) => Promise<void>;
}

export const KEYS_MAX = 20;
const KEY_LENGTH_MAX = 64;
export const VALUE_BYTES_MAX = 1_024;

/** What the handler gets as `status`: small facts that are seen while it runs. */
export function statusBoard(parts: StatusParts): {
  set(key: unknown, value: unknown): Promise<void>;
} {
  const { claimed, durable, secrets } = parts;
  const { taskRunId, attempt } = claimed;
  const keys = new Set<string>();
  const set = async (key: unknown, value: unknown): Promise<void> => {
    const fit = fitKey(key, keys);
    const status = { taskRunId, attempt, key: fit, value: fitValue(fit, value, secrets) };
    await durable.during(() => parts.setStatus(status));
  };
  return { set: (key, value) => durable.guard(() => set(key, value)) };
}

function fitKey(key: unknown, keys: Set<string>): string {
  const isFit = typeof key === "string" && key !== "" && key.length <= KEY_LENGTH_MAX;
  if (!isFit || textProblem(key) !== null) {
    throw outputInvalid("status", [`a key is a text of 1 to ${KEY_LENGTH_MAX} characters`]);
  }
  if (!keys.has(key) && keys.size >= KEYS_MAX) {
    const issue = `a task shows at most ${KEYS_MAX} of them; set one that is there again, or log it`;
    throw outputInvalid(`status ${key}`, [issue]);
  }
  keys.add(key);
  return key;
}

function fitValue(key: string, value: unknown, secrets: SecretGuard): JsonValue {
  const check = checkJson(value === undefined ? null : value, "value", VALUE_BYTES_MAX);
  if (!check.ok) throw outputInvalid(`status ${key}`, [check.problem]);
  return secrets.blankJson(check.value);
}
