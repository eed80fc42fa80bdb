import type { Channel } from "@millrace/core/internal";

/** Why nothing of a channel starts; half a sentence. */
export function missingReason({ queue, version }: Channel): string {
  const [plain = version, build] = version.split("@");
  const of = build === undefined ? "" : ` of build ${build}`;
  const on = queue === "default" ? "" : ` on queue ${queue}`;
  return `no live worker has version ${plain}${of}${on}`;
}
