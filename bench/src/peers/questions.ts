import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "@millrace/core";
import { definitionOf } from "@millrace/core/internal";
import type { BenchDatabase } from "../bench-server.ts";
import { chainOf, diamondOfTen, fanOutOf, openDagLoad } from "../engine/dag-load.ts";
import type { PreparedCase } from "../harness.ts";
import { startConsumer } from "../triggers/consumer.ts";
import type { PeerCommand } from "./peer-protocol.ts";
import type { Peer } from "./peers.ts";

/** What a peer and Millrace are both asked. */
export interface Question {
  readonly name: string;
  /** What is measured, in a few words. */
  readonly title: string;
  readonly ratioGoal: (peer: Peer) => number | null;
  /** Whether it makes sense to ask the peer; all when not given. */
  readonly isFor?: (peer: Peer) => boolean;
  readonly open: (options: AskOptions) => Promise<Asked>;
}

export interface AskOptions {
  readonly peer: Peer;
  readonly quick: boolean;
  /** Milliseconds that the peer takes. */
  readonly ask: (command: PeerCommand) => Promise<number>;
  /** Millrace's own. */
  readonly database: BenchDatabase;
  readonly redisUrl: string;
}

export type Asked = Pick<PreparedCase, "load" | "before" | "ours" | "baseline"> & {
  readonly rounds: number;
  readonly close: () => Promise<void>;
};

const SLOTS = 200;
const TASKS_OF_A_RUN = 10;
const CHAIN_LENGTH = 10;
const FAN_OUT_WIDTH = 100;
const REST_MS = 25;

const tasks: Question = {
  name: "tasks",
  title: "A task that does nothing, in runs of ten",
  ratioGoal: ({ hasDurableDag }) => (hasDurableDag ? 0.1 : null),
  async open({ peer, quick, ask, database, redisUrl }) {
    const ours = quick ? 2_000 : 20_000;
    const theirs = quick ? peer.tasks.quick : peer.tasks.full;
    const load = await openDagLoad({
      ...{ database, redisUrl, slots: SLOTS },
      definition: diamondOfTen,
    });
    return {
      load: `${ours.toLocaleString("en-US")} tasks against ${theirs.toLocaleString("en-US")}, as milliseconds a thousand; one process with ${SLOTS} slots`,
      rounds: quick ? 3 : 5,
      before: () => load.lay(ours / TASKS_OF_A_RUN),
      ours: async () => perThousandMs(await load.work(), ours),
      baseline: async () => perThousandMs(await ask({ do: "tasks", count: theirs }), theirs),
      close: () => load.close(),
    };
  },
};

const chain: Question = {
  name: "chain",
  title: "A run of ten tasks one after the other",
  ratioGoal: ({ name }) => (name === "dbos" ? 0.6 : null),
  async open({ quick, ask, database, redisUrl }) {
    const load = await openDagLoad({ database, redisUrl, definition: chainOf(CHAIN_LENGTH) });
    return {
      load: `one run at a time, ${CHAIN_LENGTH} tasks that do nothing`,
      rounds: quick ? 5 : 30,
      ours: () => load.turn(),
      baseline: () => ask({ do: "chain", length: CHAIN_LENGTH }),
      close: () => load.close(),
    };
  },
};

const fanOut: Question = {
  name: "fan-out",
  title: "A run that fans out to a hundred tasks and joins them",
  ratioGoal: () => null,
  async open({ quick, ask, database, redisUrl }) {
    const load = await openDagLoad({
      ...{ database, redisUrl, slots: SLOTS },
      definition: fanOutOf(FAN_OUT_WIDTH),
    });
    return {
      load: `${FAN_OUT_WIDTH} tasks that do nothing between two others; one process with ${SLOTS} slots`,
      rounds: quick ? 3 : 20,
      ours: () => load.turn(),
      baseline: () => ask({ do: "fanOut", width: FAN_OUT_WIDTH }),
      close: () => load.close(),
    };
  },
};

const latency: Question = {
  name: "latency",
  title: "From the call that starts a task to the first line of its handler",
  ratioGoal: () => null,
  async open({ quick, ask, database, redisUrl }) {
    let startedMs = 0;
    const single = pipeline("single", {}, ({ task }) =>
      task("only", () => {
        startedMs = performance.now();
      }),
    );
    const load = await openDagLoad({ database, redisUrl, definition: definitionOf(single) });
    return {
      load: `one task at a time, ${REST_MS} ms of rest before it`,
      rounds: quick ? 10 : 100,
      async ours() {
        await sleep(REST_MS);
        const askedMs = performance.now();
        await load.turn();
        return startedMs - askedMs;
      },
      baseline: () => ask({ do: "latency" }),
      close: () => load.close(),
    };
  },
};

const update: Question = {
  name: "update",
  title: "From telling of a dataset's update to the first line of its consumer",
  ratioGoal: () => null,
  isFor: ({ hasUpdates }) => hasUpdates === true,
  async open({ quick, ask, database, redisUrl }) {
    const consumer = await startConsumer(database, redisUrl);
    return {
      load: "one update at a time, one consumer",
      rounds: quick ? 10 : 100,
      ours: () => consumer.turn(),
      baseline: () => ask({ do: "update" }),
      close: () => consumer.stop(),
    };
  },
};

export const QUESTIONS: readonly Question[] = [tasks, chain, fanOut, latency, update];

/** What a thousand tasks take, so that slow peers may be given fewer. */
export function perThousandMs(ms: number, tasks: number): number {
  return (ms / tasks) * 1_000;
}
