import {
  type Activity,
  type Database,
  type DeliveryDetail,
  readActivity,
  readDeliveries,
  readLatestIds,
  readRun,
} from "@millrace/postgres";
import { isRecord } from "@millrace/core/internal";
import type { Observer } from "@millrace/worker";
import type { Terminal } from "../terminal/terminal.ts";
import { endedLines, startedLine, updateLines } from "./activity-lines.ts";

export interface ActivityFollower {
  readonly observe: Observer;
  /** Prints what is left and stops. */
  stop(): Promise<void>;
}

/** Other processes on the same server are not heard, only seen. */
const LOOK_MS = 1_000;
/** What happens together is read together. */
const GATHER_MS = 25;
const LIMIT = 500;

/**
 * Prints what happens as it happens: updates with what they started, runs as they end.
 *
 * @param onProblem - Told when it could not be read; the next look tries again.
 */
export async function followActivity(
  database: Database,
  terminal: Terminal,
  onProblem: (error: unknown) => void,
): Promise<ActivityFollower> {
  const follower = new Follower(database, terminal, await readLatestIds(database));
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> = Promise.resolve();
  const look = (): Promise<void> => {
    timer = null;
    looking = looking.then(() => follower.look()).catch(onProblem);
    return looking;
  };
  const interval = setInterval(() => void look(), LOOK_MS);
  return {
    observe(event) {
      if (event.type === "runEnded") follower.ended.push(event.runId);
      if (!["runEnded", "evaluated", "timersFired"].includes(event.type)) return;
      timer ??= setTimeout(() => void look(), GATHER_MS);
    },
    async stop() {
      clearInterval(interval);
      if (timer !== null) clearTimeout(timer);
      await look();
    },
  };
}

interface Line {
  readonly at: Date;
  readonly text: string;
}

class Follower {
  readonly ended: number[] = [];
  readonly #database: Database;
  readonly #terminal: Terminal;
  readonly #since: { updateId: number; runId: number };
  /** Updates whose consequences are still being worked out. */
  #waiting: (Activity & { readonly type: "update" })[] = [];

  constructor(
    database: Database,
    terminal: Terminal,
    since: { readonly updateId: number; readonly runId: number },
  ) {
    this.#database = database;
    this.#terminal = terminal;
    this.#since = { ...since };
  }

  async look(): Promise<void> {
    for (let found = LIMIT; found >= LIMIT;) {
      const activity = await readActivity(this.#database, this.#since, LIMIT);
      found = activity.length;
      const lines = this.#take(activity);
      lines.push(...(await this.#settled()), ...(await this.#ends()));
      lines.sort((one, other) => one.at.getTime() - other.at.getTime());
      for (const { text } of lines) this.#terminal.print(text);
    }
  }

  #take(activity: readonly Activity[]): Line[] {
    const lines: Line[] = [];
    for (const each of activity) {
      if (each.type === "update") {
        this.#since.updateId = Math.max(this.#since.updateId, each.id);
        this.#waiting.push(each);
        continue;
      }
      this.#since.runId = Math.max(this.#since.runId, each.id);
      // An update says itself what it started.
      const isByUpdate = isRecord(each.cause) && "update" in each.cause;
      if (!isByUpdate) lines.push({ at: each.at, text: startedLine(each, this.#terminal) });
    }
    return lines;
  }

  async #settled(): Promise<Line[]> {
    const ids = this.#waiting.map(({ id }) => id);
    const { pending, deliveries } = await readDeliveries(this.#database, "update", ids);
    const settled = this.#waiting.filter(({ id }) => !pending.includes(id));
    this.#waiting = this.#waiting.filter(({ id }) => pending.includes(id));
    const effects = Map.groupBy(deliveries, ({ factId }: DeliveryDetail) => factId);
    return settled.map((update) => ({
      at: update.at,
      text: updateLines(update, effects.get(update.id) ?? [], this.#terminal),
    }));
  }

  async #ends(): Promise<Line[]> {
    const runs = await Promise.all(
      this.ended.splice(0).map((runId) => readRun(this.#database, runId)),
    );
    return runs
      .filter((run) => run !== null)
      .map((run) => ({
        at: run.endedAt ?? run.createdAt,
        text: endedLines(run, this.#terminal),
      }));
  }
}
