import { type ChildProcess, fork } from "node:child_process";
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
    if (this.#child.connected) this.#child.disconnect();
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

  #end(): Promise<ProcessEnd> {
    return new Promise((resolve) => {
      const end = (exitCode: number | null, signal: string | null, startError: Error | null) => {
        const [lastLines, isTooLarge] = [this.#lastLines, this.#isTooLarge];
        resolve({ exitCode, signal, lastLines, isTooLarge, startError });
      };
      this.#child.on("error", (error) => {
        if (this.#child.pid === undefined) end(null, null, error);
      });
      this.#child.once("exit", () => {
        this.kill("SIGKILL");
        const linger = setTimeout(() => {
          this.#child.stdout?.destroy();
          this.#child.stderr?.destroy();
        }, LINGER_MS);
        this.#child.once("close", () => clearTimeout(linger));
      });
      this.#child.once("close", (exitCode, signal) => end(exitCode, signal, null));
    });
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
  return Object.fromEntries(entries);
}
