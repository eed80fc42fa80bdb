import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { hung } from "./hung.ts";
import type { PlayedSeed, PlayRequest } from "./played-seed.ts";
import { type Heartbeat, StallWatch } from "./stall-watch.ts";

const CHILD = path.join(import.meta.dirname, "play-child.ts");
const LOOK_MS = 1_000;

/** A child process with a simulator of its own. One that hangs or dies is replaced by another. */
export class Player {
  #child: ChildProcess | null = null;

  /** Always resolves: a seed that hangs, or ends its process, is a violation by itself. */
  async play(request: PlayRequest): Promise<PlayedSeed> {
    const child = this.#child ?? this.#start();
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<PlayedSeed>();
    const watch = new StallWatch(performance.now());
    const lose = (what: string): void => {
      this.#child = null;
      child.kill("SIGKILL");
      resolve(hung(request.seed, what));
    };
    const look = setInterval(() => {
      const problem = watch.problem(performance.now());
      if (problem !== null) lose(problem);
    }, LOOK_MS);
    const onExit = (code: number | null): void => lose(`ended its process with code ${code}`);
    const onMessage = (message: unknown): void => {
      if (isHeartbeat(message)) watch.hear(message, performance.now());
      else resolve(message as PlayedSeed);
    };
    child.once("exit", onExit).on("message", onMessage);
    child.send(request);
    try {
      return await promise;
    } finally {
      clearInterval(look);
      child.off("exit", onExit).off("message", onMessage);
    }
  }

  close(): void {
    this.#child?.disconnect();
    this.#child = null;
  }

  #start(): ChildProcess {
    const execArgv = ["--conditions=@millrace/source", "--disable-warning=ExperimentalWarning"];
    return fork(CHILD, [], { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  }
}

function isHeartbeat(message: unknown): message is Heartbeat {
  return typeof message === "object" && message !== null && "cpuMs" in message;
}
