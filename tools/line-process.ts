import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** A program that reads commands from its stdin and answers on its stdout, a line each. */
export interface LineProgram {
  /** What errors call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Besides what this process has. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface LineProcess {
  /** Writes a line to it. */
  tell(line: string): void;
  /**
   * What `parse` makes of its next line; wait for it before you hear again.
   *
   * @throws {Error} With its name, what it was doing and its last words on stderr, when it dies,
   * hangs or says what cannot be parsed.
   */
  hear<Told>(doing: string, waitMs: number, parse: (line: string) => Told): Promise<Told>;
  /** Lets it end by itself for so long, and ends it and its processes in any case. */
  stop(graceMs: number): Promise<void>;
}

const LAST_WORDS_MAX = 20;

/** Starts a program; that it does not start is heard. It dies with this process. */
export function startLineProcess(program: LineProgram): LineProcess {
  const { name, command, args, environment } = program;
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    // A group of its own, so that what it started ends with it.
    detached: true,
  });
  const kill = (): void => killGroup(child);
  process.once("exit", kill);
  const closed = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(`did not start (${message})`));
    child.once("close", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
  });
  // That it reads no more is told by its end.
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const lastWords = keepLast(child);
  return {
    tell: (line) => void child.stdin.write(`${line}\n`),
    async hear(doing, waitMs, parse) {
      try {
        return parse(await nextLine(lines, closed, waitMs));
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        const said = [`${name}, ${doing}: ${what}`, ...lastWords].join("\n  ");
        throw new Error(said, { cause: error });
      }
    },
    async stop(graceMs) {
      child.stdin.end();
      await orLate(closed, graceMs);
      kill();
      await closed;
      process.removeListener("exit", kill);
    },
  };
}

/** @throws {Error} When the process ends, or says nothing for so long. */
async function nextLine(
  lines: AsyncIterator<string>,
  closed: Promise<string>,
  waitMs: number,
): Promise<string> {
  // Lines that it said before it ended come first.
  const said = lines.next().then(({ done, value }) => (done === true ? null : String(value)));
  const heard = await orLate(Promise.race([said, closed.then(() => null)]), waitMs);
  if (heard === undefined) throw new Error(`no word for ${waitMs / 1_000} s`);
  if (heard === null) throw new Error(`it ${await closed}`);
  return heard;
}

/** What the promise gives, or undefined when it has not given it by then. */
async function orLate<Value>(promise: Promise<Value>, waitMs: number): Promise<Value | undefined> {
  const waited = new AbortController();
  const late = sleep(waitMs, undefined, { signal: waited.signal });
  // It is aborted, and then means nothing.
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    waited.abort();
  }
}

/** The last lines of what it says on stderr, as they come. */
function keepLast(child: ChildProcess): readonly string[] {
  const kept: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      kept.push(line);
      if (kept.length > LAST_WORDS_MAX) kept.shift();
    });
  }
  return kept;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
