import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";

export interface WorkerProcess {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly slots: number;
  /** The name of the pipeline that it works for. */
  readonly load: string;
}

/** A worker that says `up`, waits for a message, and says `ready` when it works. */
export function forkWorker({ databaseUrl, redisUrl, slots, load }: WorkerProcess): ChildProcess {
  const main = path.join(import.meta.dirname, "worker-process.ts");
  const execArgv = ["--conditions=@millrace/source"];
  return fork(main, [databaseUrl, redisUrl, String(slots), load], { execArgv });
}
