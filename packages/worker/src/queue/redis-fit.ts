import { MillraceError } from "@millrace/core/internal";
import { openAsking } from "./redis-connection.ts";
import { within } from "./within.ts";

const VERSION_MIN = [6, 2] as const;
const ANSWER_MS_MAX = 3_000;

/**
 * Looks, before a process starts to work, whether Redis is set up so that bells survive in it.
 * @returns `unreachable` when nothing answers: no reason to refuse, since work goes on from
 * Postgres, but one to say so.
 * @throws {SERVICE_UNFIT} When it may evict keys, is older than 6.2, or refuses the login.
 */
export async function assertRedisFit(url: string): Promise<"fit" | "unreachable"> {
  let refusal = "";
  const hearError = (error: unknown): void => {
    refusal = /\b(NOAUTH|WRONGPASS|NOPERM)\b.*/.exec(String(error))?.[0] ?? refusal;
  };
  const redis = openAsking(url, hearError);
  try {
    const info = await within(ANSWER_MS_MAX, null, () => redis.info(), hearError);
    if (refusal !== "") throw unfit(`it says "${refusal}". Put a user that may in the URL.`);
    if (info === null) return "unreachable";
    const detail = unfitness(info);
    if (detail !== null) throw unfit(detail);
    return "fit";
  } finally {
    redis.disconnect();
  }
}

/** What is wrong, and how to mend it; null when nothing is. Pure. */
export function unfitness(info: string): string | null {
  const version = field(info, "redis_version");
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  if (version !== null && (major < majorMin || (major === majorMin && minor < minorMin))) {
    return `its version is ${version}. Upgrade it to ${majorMin}.${minorMin} or newer.`;
  }
  const policy = field(info, "maxmemory_policy");
  if (policy !== null && policy !== "noeviction") {
    return (
      `its maxmemory-policy is ${policy}, so it may throw bells away when memory runs short. ` +
      "Run `redis-cli config set maxmemory-policy noeviction`, and set the same in redis.conf."
    );
  }
  return null;
}

function field(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? null;
}

function unfit(detail: string): MillraceError<"SERVICE_UNFIT"> {
  const message = `Redis cannot be used: ${detail}`;
  return new MillraceError("SERVICE_UNFIT", { service: "redis", detail }, message);
}
