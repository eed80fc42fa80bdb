import { cleaned } from "@millrace/core/internal";
import type { JsonValue } from "@millrace/core/internal";
import type { SecretGuard } from "../secrets.ts";
import type { Durable } from "./durable.ts";
import { durationMs, misuse, nameIn, optionsOf } from "./wait-options.ts";

const ASKS_BYTES_MAX = 4_096;

/** Asks people, and answers with what they say. */
export async function waitForApproval(
  durable: Durable,
  secrets: SecretGuard,
  given: unknown,
): Promise<JsonValue> {
  const options = optionsOf("waitForApproval()", given);
  const name = nameIn(options) ?? durable.ordinalName("approval");
  const { asks, roles = [], timeout } = options;
  if (typeof asks !== "string" || asks.trim() === "") {
    throw misuse("waitForApproval() asks nothing", 'write { asks: "Release to production?" }');
  }
  if (!isTexts(roles)) {
    throw misuse("roles of waitForApproval() is no list of names", 'write roles: ["release"]');
  }
  return durable.wait(name, {
    kind: "approval",
    asks: cleaned(secrets.blank(asks), ASKS_BYTES_MAX),
    roles,
    timeoutMs: durationMs("the timeout of waitForApproval()", timeout),
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "");
}
