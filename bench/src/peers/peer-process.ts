import { startLineProcess } from "../../../tools/line-process.ts";
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

/** @throws {Error} When it does not become ready; it has then ended. */
export async function startPeer(program: PeerProgram): Promise<PeerProcess> {
  const { readyMs = READY_MS, answerMs = ANSWER_MS } = program;
  const driver = startLineProcess({ ...program, name: `peer ${program.name}` });
  try {
    const about = await driver.hear("starting", readyMs, parseReady);
    return {
      about,
      ask(asked) {
        const text = JSON.stringify(asked);
        driver.tell(text);
        return driver.hear(text, answerMs, (line) => parseAnswer(asked, line));
      },
      async stop() {
        driver.tell(JSON.stringify({ do: "stop" }));
        await driver.stop(STOP_MS);
      },
    };
  } catch (error) {
    await driver.stop(0);
    throw error;
  }
}
