/** What the system promises, and where in this repository that is checked. */
export interface Invariant {
  readonly id: `I${number}`;
  readonly title: string;
  /**
   * The strictest way in which it is judged here: `trigger` at each transition and commit,
   * `always` in each committed state, `quiescent` at rest; or `elsewhere`.
   */
  readonly how: "trigger" | "always" | "quiescent" | "elsewhere";
  readonly where: string;
}

type Row = readonly [title: string, how: Invariant["how"], where: string];

const ROWS: readonly Row[] = [
  [
    "No lost update: each fact is in the outbox until it is evaluated, and then each trigger that it matches has it in its ledger, for good",
    "trigger",
    "invariants/witness-facts.ts, delivery-checks.ts, partition-checks.ts, unexplained.ts; the simulator's oracle",
  ],
  [
    "No double trigger: a fact counts once in each group, and its fate is never changed",
    "trigger",
    "invariants/witness-facts.ts, delivery-checks.ts, run-checks.ts",
  ],
  [
    "Fenced: nothing is written by an attempt that is not the present one, and fences only grow",
    "trigger",
    "invariants/witness-tasks.ts, witness-facts.ts, task-checks.ts",
  ],
  [
    "One completion: a task run, a run and a wait end once, with one output",
    "trigger",
    "invariants/witness-tasks.ts, witness-runs.ts, witness-others.ts, task-checks.ts",
  ],
  [
    "An unknown commit resolves: who asked believes what the database says",
    "elsewhere",
    "the simulator (unknown commits of every process, and its oracle); tests/engine/database.test.ts",
  ],
  [
    "Ingest is idempotent: one key of one source is one fact",
    "always",
    "invariants/fact-checks.ts; tests/engine/intake-limits.test.ts",
  ],
  [
    "Lease truth: running, ready and waiting are each one row with the same fence and owner; counts add up; no lapsed lease claims or is renewed, and none that holds is ended for it",
    "trigger",
    "invariants/witness-tasks.ts, witness-others.ts, task-checks.ts, run-checks.ts",
  ],
  [
    "The queue is a hint: whatever it loses, doubles or makes up, all else holds",
    "elsewhere",
    "the simulator's queue; tests/queue; the chaos rig",
  ],
  [
    "Runs end: what lives has something left to do, at rest all have ended or say who holds them",
    "trigger",
    "invariants/run-checks.ts, task-checks.ts, wait-checks.ts, rest-checks.ts",
  ],
  [
    "Schedules: one run for each slot, none passed over where all are made up for",
    "trigger",
    "invariants/run-checks.ts, fact-checks.ts, missed-slots.ts; core/schedule/cron.property.test.ts",
  ],
  [
    "Pinned definition: a run's tasks are its version's, and it ends when all of them have",
    "trigger",
    "invariants/run-checks.ts, task-checks.ts, witness-runs.ts",
  ],
  [
    "The ledger adds up: what waits is pending, nothing is struck off it",
    "trigger",
    "invariants/delivery-checks.ts, witness-facts.ts",
  ],
  [
    "Stale order: what is known of an object never goes back to an older sequencer",
    "trigger",
    "invariants/witness-others.ts; core/intake/decide-object.property.test.ts",
  ],
  [
    "Poison is isolated: a bad message ends as one dead letter, and delays nobody",
    "elsewhere",
    "tests/sensors; tests/bad-input; the simulated message queue",
  ],
  [
    "Reconciled: objects that are there are known, one listing after healing",
    "elsewhere",
    "tests/sensors; the simulator's oracle of objects",
  ],
  [
    "Recovery: whatever crashed, all of this holds again by itself, and nothing is left undone",
    "quiescent",
    "invariants/rest-checks.ts, fact-checks.ts; the simulator and the chaos rig",
  ],
  ["Bounded: no row, value or line is longer than its bound", "elsewhere", "tests/bad-input"],
  [
    "Back-pressure: memory and connections stay bounded under any backlog",
    "elsewhere",
    "the soak, its backlog and its pause",
  ],
  [
    "Graph: a task starts only if its rule holds in the committed state; hops are bounded",
    "trigger",
    "invariants/witness-tasks.ts (the rules, written down a second time), run-checks.ts; core/graph",
  ],
  [
    "Limits: no more runs, tasks, slots at once than each of them allows, whoever counts",
    "trigger",
    "invariants/witness-runs.ts, limit-checks.ts, task-checks.ts, run-checks.ts",
  ],
  [
    "Tenancy: an event of a namespace is delivered in it only",
    "trigger",
    "invariants/delivery-checks.ts; tests/engine/story.test.ts",
  ],
  [
    "Cancel: once it is committed, nothing of the run starts; paused runs start nothing",
    "trigger",
    "invariants/witness-tasks.ts, task-checks.ts",
  ],
  [
    "Retry: failures within the retries, crashes at most three, each charged to its own account",
    "trigger",
    "invariants/witness-tasks.ts, task-checks.ts",
  ],
  [
    "Alert once: the end of a run is told once",
    "trigger",
    "invariants/witness-facts.ts (a fact enters the outbox with the change that it tells of, only)",
  ],
  [
    "Audit: what a person does to a run is on record in the same transaction",
    "trigger",
    "invariants/witness-runs.ts, witness-tasks.ts, run-checks.ts",
  ],
  [
    "Monotone time: created, queued, started and ended follow each other by the database's clock",
    "trigger",
    "invariants/task-checks.ts, run-checks.ts, wait-checks.ts",
  ],
  [
    "Determinism: one seed, one trace",
    "elsewhere",
    "the simulator, which runs one seed in twenty twice",
  ],
  [
    "Explainable: whatever waits, or started nothing, says why",
    "quiescent",
    "invariants/unexplained.ts, delivery-checks.ts",
  ],
];

/** All of them, `I1` first. */
export const INVARIANTS: readonly Invariant[] = ROWS.map(([title, how, where], place) => ({
  id: `I${place + 1}`,
  title,
  how,
  where,
}));
