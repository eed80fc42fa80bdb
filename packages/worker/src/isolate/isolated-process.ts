import { type ChildProcess, fork } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { LineSplitter } from "@millrace/core/internal";
import { childArguments } from "./child-arguments.ts";
import type { OrderMessage, ReportMessage } from "./isolate-message.ts";
import { watchMemory } from "./memory-watch.ts";

export interface IsolatedProcessParts {
  readonly memoryMb: number | null;
  readonly onReport: (message: ReportMessage) => void;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** How the process ended, whatever it had reported before. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Its last lines on stderr. */
  readonly lastLines: readonly string[];
  readonly isTooLarge: boolean;
  /** Why there was no process. */
  readonly startError: Error | null;
}

const LAST_LINES_MAX = 20;
/** How long what it left behind may go on writing. */
const LINGER_MS = 500;
/** Secrets of other namespaces are none of its business; its own come by message. */
const SECRET_VARIABLE = /^MILLRACE_SECRET_/;
const isSource = import.meta.url.endsWith(".ts");

/** The process of one attempt, and of nothing else. */
export class IsolatedProcess {
  /** Resolves when it has ended and all that it wrote was told. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  #isTooLarge = false;

  constructor({ memoryMb, onReport, onLine }: IsolatedProcessParts) {
    const main = fileURLToPath(
      new URL(isSource ? "./child-main.ts" : "./child-main.js", import.meta.url),
    );
    this.#child = fork(main, [], {
      execArgv: [...childArguments(process.execArgv, { memoryMb, isSource })],
      env: ownEnvironment(),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      // A group of its own: an interrupt at the terminal is for the worker, which sees to it.
      detached: process.platform !== "win32",
    });
    this.#child.on("message", (message) => onReport(message as ReportMessage));
    this.#tellLines("stdout", onLine);
    this.#tellLines("stderr", (stream, line) => {
      this.#lastLines.push(line);
      if (this.#lastLines.length > LAST_LINES_MAX) this.#lastLines.shift();
      onLine(stream, line);
    });
    this.ended = this.#end();
    this.#watch(memoryMb);
  }

  /** @throws DataCloneError when a message cannot carry it. */
  send(order: OrderMessage): void {
    // It may have ended meanwhile, which is told elsewhere.
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  /** Nothing more is wanted of it: it ends as soon as it hears that. */
  dismiss(): void {
    this.send({ type: "leave" });
  }

  /** To it and all that it started, apart from what has a group of its own. */
  kill(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(process.platform === "win32" ? pid : -pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  /** Not by its `close`, which never comes when somebody has disconnected the channel. */
  #end(): Promise<ProcessEnd> {
    const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
    const end = (
      exitCode: number | null,
      signal: string | null,
      startError: Error | null,
    ): void => {
      const [lastLines, isTooLarge] = [this.#lastLines, this.#isTooLarge];
      resolve({ exitCode, signal, lastLines, isTooLarge, startError });
    };
    this.#child.on("error", (error) => {
      if (this.#child.pid === undefined) end(null, null, error);
    });
    this.#child.once("exit", (exitCode, signal) => {
      this.kill("SIGKILL");
      void this.#drained().then(() => end(exitCode, signal, null));
    });
    return promise;
  }

  /** Resolves when all that it wrote was read; what it left behind may write on, but not for long. */
  async #drained(): Promise<void> {
    const streams = [this.#child.stdout, this.#child.stderr].filter((stream) => stream !== null);
    const linger = setTimeout(() => streams.forEach((stream) => stream.destroy()), LINGER_MS);
    await Promise.allSettled(streams.map((stream) => finished(stream)));
    clearTimeout(linger);
  }

  #tellLines(stream: "stdout" | "stderr", tell: IsolatedProcessParts["onLine"]): void {
    const lines = new LineSplitter((line) => tell(stream, line));
    this.#child[stream]?.setEncoding("utf8");
    this.#child[stream]?.on("data", (text: string) => lines.write(text));
    this.#child[stream]?.on("end", () => lines.end());
  }

  #watch(memoryMb: number | null): void {
    const { pid } = this.#child;
    if (memoryMb === null || pid === undefined) return;
    const stop = watchMemory(pid, memoryMb, () => {
      this.#isTooLarge = true;
      this.kill("SIGKILL");
    });
    this.#child.once("exit", stop);
  }
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !SECRET_VARIABLE.test(name));
  const compiled = getCompileCacheDir();
  // Compiling is the most of what it takes to start.
  if (compiled !== undefined) entries.push(["NODE_COMPILE_CACHE", compiled]);
  return Object.fromEntries(entries);
}
