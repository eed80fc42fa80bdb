import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import type { PlayedSeed, PlayRequest } from "./played-seed.ts";
import { hung } from "./hung.ts";

const CHILD = path.join(import.meta.dirname, "play-child.ts");
/** Longer than any seed takes on a busy machine. */
const STALL_MS = 180_000;

/** A child process with a simulator of its own. One that hangs or dies is replaced by another. */
export class Player {
  #child: ChildProcess | null = null;

  /** Always resolves: a seed that hangs, or ends its process, is a violation by itself. */
  async play(request: PlayRequest): Promise<PlayedSeed> {
    const child = this.#child ?? this.#start();
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<PlayedSeed>();
    const lose = (what: string): void => {
      this.#child = null;
      child.kill("SIGKILL");
      resolve(hung(request.seed, what));
    };
    const stall = setTimeout(() => lose(`has not ended after ${STALL_MS / 1_000} s`), STALL_MS);
    const onExit = (code: number | null): void => lose(`ended its process with code ${code}`);
    const onMessage = (played: PlayedSeed): void => resolve(played);
    child.once("exit", onExit).once("message", onMessage as never);
    child.send(request);
    try {
      return await promise;
    } finally {
      clearTimeout(stall);
      child.off("exit", onExit).off("message", onMessage as never);
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
