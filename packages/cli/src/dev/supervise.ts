import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { takeStopSignals } from "../terminal/stop-signals.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { DEV_CHILD, type DevOrder, type DevReport } from "./dev-message.ts";
import { FileWatch } from "./watch-files.ts";

/** These will not go away by saving a file. */
const HOPELESS: readonly number[] = [
  EXIT.usage,
  EXIT.notFound,
  EXIT.notAuthorized,
  EXIT.conflict,
  EXIT.unreachable,
];

/**
 * Runs this same command in a process of its own, and again whenever a file that it loaded
 * changes: modules that Node has loaded stay as they were.
 *
 * @returns What the process exited with, where a change of files would not help.
 */
export async function supervise(terminal: Terminal, directory: string): Promise<ExitCode> {
  const signals = takeStopSignals();
  const changes = new Changes();
  const watcher = new FileWatch((file) => {
    terminal.say(`↻ ${path.relative(directory, file)} changed`);
    changes.tell();
  });
  let isStopping = false;
  let child: DevChild | null = null;
  void signals.first.then(() => {
    isStopping = true;
    child?.order("stop");
    changes.tell();
  });
  void signals.second.then(() => child?.order("hurry"));
  try {
    while (!isStopping) {
      child = new DevChild((report) => watcher.follow(report.files, !report.isLoaded));
      const ended = await Promise.race([child.ended, changes.next()]);
      if (ended === null) {
        child.order("stop");
        await child.ended;
        continue;
      }
      if (HOPELESS.includes(ended)) return ended as ExitCode;
      if (isStopping) break;
      terminal.say("Waiting for a file to change.");
      await changes.next();
    }
    return EXIT.ok;
  } finally {
    watcher.close();
    signals.release();
  }
}

/** Remembers that something changed until somebody asks. */
class Changes {
  #told = Promise.withResolvers<null>();

  tell(): void {
    this.#told.resolve(null);
  }

  async next(): Promise<null> {
    await this.#told.promise;
    this.#told = Promise.withResolvers<null>();
    return null;
  }
}

class DevChild {
  /** Resolves to its exit code. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;

  constructor(onLoaded: (report: DevReport) => void) {
    const [, main = "", ...args] = process.argv;
    this.#process = fork(main, args, { env: { ...process.env, [DEV_CHILD]: "1" } });
    this.#process.on("message", (report: DevReport) => onLoaded(report));
    this.ended = new Promise((resolve) => {
      this.#process.on("exit", (code) => resolve(code ?? EXIT.unexpected));
      this.#process.on("error", () => resolve(EXIT.unexpected));
    });
  }

  order(order: DevOrder): void {
    // It may be gone already, which is what the order is for.
    if (this.#process.connected) this.#process.send(order, () => {});
  }
}
