import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAnswer, parseReady, type PeerAbout, type PeerCommand } from "./peer-protocol.ts";

/** A driver: a program that speaks the protocol on its stdin and stdout. */
export interface PeerProgram {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Besides what this process has: PEER_DATABASE_URL and PEER_REDIS_URL. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long it may take to become ready; three minutes when not given. */
  readonly readyMs?: number;
  /** How long one answer may take; two minutes when not given. */
  readonly answerMs?: number;
}

export interface PeerProcess {
  readonly about: PeerAbout;
  /**
   * One measurement; wait for it before you ask for another.
   *
   * @returns Milliseconds; of `memory`, megabytes.
   * @throws {Error} With the peer, the command and the peer's last words, when it says an error,
   * dies or hangs.
   */
  ask(command: PeerCommand): Promise<number>;
  /** Lets it close what it opened, and ends it and its processes in any case. */
  stop(): Promise<void>;
}

const READY_MS = 180_000;
const ANSWER_MS = 120_000;
const STOP_MS = 10_000;
const LAST_WORDS_MAX = 20;

/** @throws {Error} When it does not become ready; it has then ended. */
export async function startPeer(program: PeerProgram): Promise<PeerProcess> {
  const { command, args, environment, readyMs = READY_MS, answerMs = ANSWER_MS } = program;
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

  async function hear<Told>(
    doing: string,
    waitMs: number,
    parse: (line: string) => Told,
  ): Promise<Told> {
    try {
      return parse(await nextLine(lines, closed, waitMs));
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      const said = [`peer ${program.name}, ${doing}: ${what}`, ...lastWords].join("\n  ");
      throw new Error(said, { cause: error });
    }
  }

  async function stop(): Promise<void> {
    child.stdin.end(`${JSON.stringify({ do: "stop" })}\n`);
    await orLate(closed, STOP_MS);
    kill();
    await closed;
    process.removeListener("exit", kill);
  }

  try {
    const about = await hear("starting", readyMs, parseReady);
    return {
      about,
      ask(asked) {
        const text = JSON.stringify(asked);
        child.stdin.write(`${text}\n`);
        return hear(text, answerMs, (line) => parseAnswer(asked, line));
      },
      stop,
    };
  } catch (error) {
    kill();
    await closed;
    process.removeListener("exit", kill);
    throw error;
  }
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
