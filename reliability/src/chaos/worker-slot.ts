import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { CALM, type FaultyGate } from "./faulty-gate.ts";
import type { WorkerOrder, WorkerRequest } from "./worker-order.ts";

export interface SlotOptions {
  readonly name: string;
  readonly scheduler: boolean;
  readonly slots: number;
  /** Its own ways to the servers. */
  readonly gates: { readonly postgres: FaultyGate; readonly redis: FaultyGate };
  /** The database behind its gate. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly directory: string;
}

/** A worker process that ended although nobody had ended it. */
export interface OddExit {
  readonly worker: string;
  readonly pid: number;
  readonly at: number;
  readonly code: number | null;
  readonly stderr: string;
}

export type SlotState = "starting" | "up" | "frozen" | "ending" | "down";

const RESTART_MS = 500;
const STDERR_CHARS_MAX = 4_000;
const MAIN = path.join(import.meta.dirname, "worker-main.ts");

/** The place of one worker process, which is started again whenever it has ended. */
export class WorkerSlot {
  readonly name: string;
  readonly gates: SlotOptions["gates"];
  /** Processes that came up and ended by themselves: none ever should. */
  readonly oddExits: OddExit[] = [];
  failedStarts = 0;
  #state: SlotState = "down";
  #child: ChildProcess | null = null;
  #restartMs: number | null = RESTART_MS;
  #up = Promise.withResolvers<void>();
  readonly #options: SlotOptions;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.name = options.name;
    this.gates = options.gates;
  }

  get state(): SlotState {
    return this.#state;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Up, not frozen, and its ways to the servers are as they should be. */
  get isWell(): boolean {
    const { postgres, redis } = this.gates;
    return this.#state === "up" && postgres.weather === CALM && redis.weather === CALM;
  }

  /** Resolves when a process of this slot is up: this one, or the next. */
  get up(): Promise<void> {
    return this.#up.promise;
  }

  /** The end of what its processes complained about. */
  get complaint(): string {
    return readFileSync(this.#stderrFile, "utf8").slice(-STDERR_CHARS_MAX);
  }

  get #stderrFile(): string {
    return path.join(this.#options.directory, `stderr-${this.name}.log`);
  }

  start(): void {
    const { name, databaseUrl, redisUrl, slots, scheduler, directory } = this.#options;
    const eventsFile = path.join(directory, `events-${name}.jsonl`);
    const stderr = openSync(this.#stderrFile, "a");
    const order: WorkerOrder = { databaseUrl, redisUrl, slots, scheduler, eventsFile };
    const child = fork(MAIN, [JSON.stringify(order)], {
      execArgv: ["--conditions=@millrace/source"],
      env: {
        ...process.env,
        // Half of what a start costs, and the rig starts a worker every few seconds.
        NODE_COMPILE_CACHE: path.join(directory, "compiled"),
        MILLRACE_CHAOS_EFFECTS: path.join(directory, `effects-${name}.jsonl`),
      },
      stdio: ["ignore", "ignore", stderr, "ipc"],
    });
    closeSync(stderr);
    this.#child = child;
    this.#state = "starting";
    child.once("message", () => {
      this.#state = "up";
      this.#up.resolve();
    });
    child.once("exit", (code) => this.#ended(child, code));
    child.on("error", () => {}); // A message to a process that has just died.
  }

  kill(restartMs: number): void {
    this.#end("SIGKILL", restartMs);
  }

  /** Asks it to hand back what it has and to end; it is killed when it does not in time. */
  drain(restartMs: number, patienceMs: number): void {
    const child = this.#child;
    this.#end("SIGTERM", restartMs);
    const late = setTimeout(() => child?.kill("SIGKILL"), patienceMs);
    child?.once("exit", () => clearTimeout(late));
  }

  freeze(): void {
    this.#state = "frozen";
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "up";
    this.#child?.kill("SIGCONT");
  }

  /** Its event loop does nothing else for so long. */
  block(blockMs: number): void {
    this.#child?.send({ blockMs } satisfies WorkerRequest);
  }

  /** Ends it for good, by its own means if it can. */
  async close(patienceMs: number): Promise<void> {
    this.#restartMs = null;
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
    this.#state = "ending";
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    await gone;
    clearTimeout(late);
  }

  /** For the end of this process, which may come at any time. */
  killNow(): void {
    this.#restartMs = null;
    this.#child?.kill("SIGKILL");
  }

  #end(signal: NodeJS.Signals, restartMs: number): void {
    if (this.#state === "up") this.#up = Promise.withResolvers();
    this.#state = "ending";
    this.#restartMs = restartMs;
    this.#child?.kill(signal);
  }

  #ended(child: ChildProcess, code: number | null): void {
    if (this.#state === "starting") this.failedStarts += 1;
    else if (this.#state !== "ending") {
      const { name, complaint: stderr } = this;
      this.oddExits.push({ worker: name, pid: child.pid ?? 0, at: Date.now(), code, stderr });
      this.#up = Promise.withResolvers();
    }
    this.#state = "down";
    this.#child = null;
    if (this.#restartMs !== null) setTimeout(() => this.#restart(), this.#restartMs);
  }

  #restart(): void {
    if (this.#restartMs === null) return;
    this.#restartMs = RESTART_MS;
    this.start();
  }
}
