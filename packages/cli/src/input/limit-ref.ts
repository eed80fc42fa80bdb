import type { LimitRef, LimitReport } from "@millrace/postgres";
import { inputInvalid } from "./input-invalid.ts";

/** Above it, a limit is none. */
export const LIMIT_MAX = 1_000_000;

/**
 * `all`, `pool/warehouse` or `namespace/ops`.
 *
 * @throws {INPUT_INVALID} When it is none of these.
 */
export function toLimitRef(text: string): LimitRef {
  if (text === "all") return { kind: "all", name: "" };
  const [, kind, name] = /^(pool|namespace)\/(.+)$/.exec(text) ?? [];
  if (name !== undefined && (kind === "pool" || kind === "namespace")) return { kind, name };
  throw inputInvalid("limit", [
    `${text} is no limit that can be set; write all, pool/<name> or namespace/<name>. ` +
      "Keys and rates are changed in the code of their tasks.",
  ]);
}

/** As it is typed. */
export function limitName({ kind, name }: Pick<LimitReport, "kind" | "name">): string {
  return kind === "all" ? kind : `${kind}/${name}`;
}
