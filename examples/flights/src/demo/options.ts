import path from "node:path";
import { parseArgs } from "node:util";

export interface DemoOptions {
  /** Prints one JSON document on stdout, instead of the summary. */
  readonly json: boolean;
  /** Postgres, Redis and two worker processes, instead of everything in this one. */
  readonly services: boolean;
  /** Kills one of the two workers in the middle of its work. */
  readonly kill: boolean;
  /** Forgets first what earlier starts left. */
  readonly reset: boolean;
  /** Where everything lies that a later start should find. */
  readonly data: string;
}

export const USAGE = `npm run demo -- [options]

  --services   run on Postgres, Redis and two worker processes; takes MILLRACE_DATABASE_URL and
               MILLRACE_REDIS_URL, else Docker Compose, else servers from local binaries
  --kill       with --services: kill one worker in the middle of its work
  --data DIR   where to keep the data; .data/demo unless given
  --reset      forget first what earlier starts left
  --json       print one JSON document on stdout
  --help       print this
`;

const SWITCH = { type: "boolean", default: false } as const;

/** @throws {TypeError} When an option is unknown, or does not go with the others. */
export function readOptions(args: readonly string[]): DemoOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: SWITCH,
      services: SWITCH,
      kill: SWITCH,
      reset: SWITCH,
      help: SWITCH,
      data: { type: "string" },
    },
  });
  if (values.help) return "help";
  if (values.kill && !values.services) throw new TypeError("--kill goes with --services");
  const { json, services, kill, reset } = values;
  const data = values.data ?? path.join(import.meta.dirname, "../../../../.data/demo");
  return { json, services, kill, reset, data: path.resolve(data) };
}
