import type { Afterwards, PipelineDefinition } from "@millrace/core/internal";
import type { Database, Store } from "@millrace/postgres";
import type { RunningSource } from "@millrace/sensors/internal";
import type { Violation } from "../invariants/violation.ts";
import type { Weather } from "./weather.ts";

/**
 * All that one simulation is to do. It follows from the seed alone; shrinking leaves out steps and
 * faults and calms the weather, and changes nothing else.
 */
export interface Plan {
  readonly seed: number;
  /** Milliseconds since 1970 on the clock of the database when it begins. */
  readonly startsAt: number;
  readonly processes: readonly ProcessPlan[];
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  readonly weather: Weather;
  /** How long faults may happen; after that everything is healed and has to come to rest. */
  readonly stormMs: number;
  /**
   * Judged once, at rest: what is there against what was intended. A plan keeps what was intended
   * in itself, so it is played once; for another time it is made anew from its seed.
   */
  readonly judge?: (rest: Rest) => Promise<readonly Violation[]>;
}

/** The world when nothing moves any more. */
export interface Rest {
  readonly database: Database;
  readonly now: number;
  readonly count: (counter: string) => void;
}

/** A process that is started, and started again whenever it has died, until the end. */
export interface ProcessPlan {
  readonly name: string;
  /** Handlers at once; 0: it runs none. */
  readonly slots: number;
  readonly scheduler: boolean;
  readonly sweeper: boolean;
  /** How far its own clock is ahead of the database's. */
  readonly clockOffsetMs: number;
  /** What it has the code for when it is started for the nth time (0 first). */
  readonly definitions: (start: number, outside: Outside) => readonly PipelineDefinition[];
  /** Begun with the process, of which it takes messages from outside; absent: it takes none. */
  readonly source?: (parts: SourceParts) => RunningSource;
}

export interface SourceParts {
  readonly store: Store;
  readonly follow: (afterwards: Afterwards) => void;
  readonly outside: Outside;
}

/** What a handler reaches of the world beside its context. Of a process that died nothing settles. */
export interface Outside {
  readonly process: string;
  /** Milliseconds since 1970 on the clock of the database. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Kills the process that it is called in. */
  readonly die: () => Promise<never>;
  readonly count: (counter: string) => void;
}

/** What people and the outside do: an update, an object, a deployment, a pause, a cancel. */
export interface Step {
  /** Since the beginning of the simulation. */
  readonly atMs: number;
  /** For the trace; with the numbers that matter. */
  readonly label: string;
  /**
   * Done by a client process of its own, whose commits may be cut like any other's. What it
   * throws is recorded in the trace, and is no violation by itself.
   */
  readonly act: (client: Client) => Promise<void>;
}

/** What a step acts through. */
export interface Client {
  readonly store: Store;
  /** Milliseconds since 1970 on the clock of the database. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Does what a commit left to be done, as a server would: rings, evaluates. */
  readonly follow: (afterwards: Afterwards) => void;
  /** Counts something that happened, by name. */
  readonly count: (counter: string) => void;
}

export interface Fault {
  readonly atMs: number;
  readonly kind:
    | "crash" // the process dies at its next await, or within a transaction
    | "restart" // it is asked to stop, drains, and is started again
    | "freeze" // it does nothing for `forMs`, then goes on as a zombie
    | "block" // its event loop stands still for `forMs`, while its lease is renewed
    | "cutConnections" // all its transactions under way break, some after their commit
    | "loseQueue" // every bell that waits is gone
    | "deafen" // the queue answers nobody for `forMs`
    | "blockDatabase" // nobody reaches the database for `forMs`
    | "jumpClock"; // the clock of the process jumps by `forMs`
  /** By name; absent: it is not about a process. */
  readonly process?: string;
  readonly forMs?: number;
}
