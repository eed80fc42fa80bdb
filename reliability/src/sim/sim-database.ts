import type { Database } from "@millrace/postgres";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import { broken, refusal, unreachable } from "./broken.ts";
import type { Life } from "./life.ts";
import type { Slip } from "./mishaps.ts";
import { StatementRefused } from "./prepared-pglite.ts";
import type { Session } from "./server.ts";
import type { World } from "./world.ts";

type Tables = Database["db"] extends Kysely<infer T> ? T : never;

/** As the pools of a process have it. */
const CONNECT_MS_MAX = 10_000;

/** What a process sees of the database: a server, whose answers come when the world lets them. */
export function simDatabase(world: World, life: Life): Database {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => new SimConnection(world, life),
      beginTransaction: (connection) => ours(connection).begin(),
      commitTransaction: (connection) => ours(connection).commit(),
      rollbackTransaction: (connection) => ours(connection).rollback(),
      releaseConnection: async (connection) => ours(connection).release(),
      destroy: async () => {},
    }),
  };
  return {
    kind: "server",
    db: new Kysely<Tables>({ dialect }),
    connectionsMax: 8,
    sleep: (ms) => life.sleep(ms),
    close: async () => {},
  };
}

class SimConnection implements DatabaseConnection, Session {
  readonly #world: World;
  readonly #life: Life;
  isBroken = false;

  constructor(world: World, life: Life) {
    this.#world = world;
    this.#life = life;
    life.sessions.add(this);
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { server } = this.#world;
    const { rows, count, tag } = await this.#ask(titleOf(sql), (fails) => {
      const isAlone = !server.isHeldBy(this);
      if (fails === "before") this.#cut();
      if (fails === "conflict") this.#conflict();
      const result = server.run(this, sql, parameters);
      // Alone, it is a commit as well, whose answer may be lost.
      if (fails === "after" && isAlone) this.#cut();
      return result;
    });
    const changed = /^(INSERT|UPDATE|DELETE|MERGE)/.test(tag);
    // What the columns are is for the one who asks to know, as with every driver.
    return { rows: rows as R[], ...(changed && { numAffectedRows: BigInt(count) }) };
  }

  // oxlint-disable-next-line require-yield -- nobody streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("the simulated database does not stream");
  }

  async begin(): Promise<void> {
    const { server } = this.#world;
    await this.#ask("begin", (fails) => {
      if (fails === "before" || fails === "after") this.#cut();
      server.begin(this);
    });
  }

  /** What became of it is heard in a turn of its own: much may happen between. */
  async commit(): Promise<void> {
    const { server, mishaps, count } = this.#world;
    const fate = await this.#ask("commit", () => {
      const cut = mishaps.cutsCommit(this.#life);
      if (cut === "before") {
        count("unknown commits that had not committed");
        server.breakOff(this);
      } else server.commit();
      if (cut === "after") {
        count("unknown commits that had committed");
        this.isBroken = true;
      }
      return cut;
    });
    const delayMs = mishaps.slowness();
    await this.#life.turn(
      "hears of its commit",
      () => {
        if (fate !== "no" || this.isBroken) throw broken();
      },
      { delayMs },
    );
  }

  async rollback(): Promise<void> {
    const { server } = this.#world;
    if (!server.isHeldBy(this)) return;
    await this.#life.turn("rollback", () => {
      if (server.isHeldBy(this)) server.rollback();
    });
  }

  release(): void {
    this.#life.sessions.delete(this);
    if (this.#world.server.isHeldBy(this)) this.#world.server.breakOff(this);
  }

  /** Waits for its turn on the one connection that there is. */
  #ask<T>(what: string, act: (fails: Slip) => T): Promise<T> {
    const { server, mishaps, outages, timeline } = this.#world;
    const isWithin = server.isHeldBy(this);
    const givesUpAt = timeline.nowMs + CONNECT_MS_MAX;
    const isBlocked = (): boolean => !isWithin && outages.isBlocked(this.#life);
    const isReady = (): boolean => {
      if (this.isBroken || server.isHeldBy(this)) return true;
      if (isBlocked()) return timeline.nowMs >= givesUpAt;
      return !isWithin && server.isFree();
    };
    const delayMs = isWithin ? 0 : mishaps.slowness();
    return this.#life.turn(
      what,
      () => {
        if (this.isBroken) throw refusal();
        if (isBlocked()) throw unreachable();
        return act(mishaps.breaksStatement());
      },
      { delayMs, isReady },
    );
  }

  #conflict(): never {
    this.#world.count("deadlocks");
    throw new StatementRefused({ C: "40P01", M: "deadlock detected" });
  }

  #cut(): never {
    this.#world.count("broken statements");
    this.#world.server.breakOff(this);
    throw broken();
  }
}

function ours(connection: DatabaseConnection): SimConnection {
  if (connection instanceof SimConnection) return connection;
  throw new Error("the connection is of another world");
}

const TITLES = new Map<string, string>();

/** Enough of a statement to know it again in a trace. */
function titleOf(text: string): string {
  const known = TITLES.get(text);
  if (known !== undefined) return known;
  const title = text.replaceAll(/\s+/g, " ").trim().slice(0, 72);
  TITLES.set(text, title);
  return title;
}
