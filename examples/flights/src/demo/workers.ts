import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Screen } from "./screen.ts";
import type { Servers } from "./servers.ts";

export interface WorkerProcess {
  readonly name: string;
  readonly child: ChildProcess;
}

/** What a worker process tells of itself: the events of its observer, and that it is ready. */
interface Told {
  readonly type: string;
}

/** Starts two worker processes and waits until they take work. */
export async function startWorkers(
  servers: Servers,
  cleanup: AsyncDisposableStack,
): Promise<readonly [WorkerProcess, WorkerProcess]> {
  const env = {
    ...process.env,
    MILLRACE_DATABASE_URL: servers.databaseUrl,
    MILLRACE_REDIS_URL: servers.redisUrl,
  };
  const start = async (name: string): Promise<WorkerProcess> => {
    const child = fork(new URL("../worker-process.ts", import.meta.url), { env });
    cleanup.defer(() => stopChild(child));
    await ready({ name, child });
    return { name, child };
  };
  return Promise.all([start("one"), start("two")]);
}

async function ready({ name, child }: WorkerProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.on("message", (told: Told) => told.type === "ready" && resolve());
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`worker ${name} ended with ${code}`)));
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

/**
 * Kills a worker with SIGKILL as soon as it has two tasks in hand, of which nobody will hear again.
 * Its lease runs out, and the other worker does that work over.
 *
 * @returns What throws when it did not come to that.
 */
export function killInTheMiddle({ name, child }: WorkerProcess, screen: Screen): () => void {
  let inHand = 0;
  let isKilled = false;
  child.on("message", ({ type }: Told) => {
    if (type === "claimed") inHand += 1;
    if (type === "finished") inHand -= 1;
    if (inHand < 2 || isKilled) return;
    isKilled = true;
    child.kill("SIGKILL");
    screen.tell("kill", `worker ${name}`, "", "", "SIGKILL, with two tasks in hand");
  });
  return () => {
    if (!isKilled) throw new Error(`Worker ${name} was to be killed, and had too little to do.`);
  };
}
