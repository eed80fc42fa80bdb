import type { Mutant } from "./mutant.ts";

const POSTGRES = "packages/postgres/src";
const WORKER = "packages/worker/src";

/** What the literature of lost and doubled work is made of, each as a small edit of our code. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "no fence",
    bug: "whoever ends a task is believed, also when another attempt has it by now",
    patches: [
      {
        file: `${POSTGRES}/finish.ts`,
        from: "row === undefined || run === undefined || row.attempt !== item.attempt",
        to: "row === undefined || run === undefined",
      },
      {
        file: `${POSTGRES}/finish.ts`,
        from: "join millrace.task_run t on t.id = x.id and t.attempt = x.attempt",
        to: "join millrace.task_run t on t.id = x.id",
      },
    ],
  },
  {
    name: "no ledger",
    bug: "a fact is taken out of the outbox after its evaluation, and no key keeps it from counting twice",
    patches: [
      {
        file: "packages/postgres/migrations/0001_init.sql",
        from: ",\n  unique nulls not distinct (trigger_id, fact_kind, fact_id, group_id)",
        to: "",
      },
      {
        file: `${POSTGRES}/load-facts.ts`,
        from: `delete from millrace.fact_pending p using mine m where p.kind = m.kind and p.id = m.id
    returning p.kind, p.id\``,
        to: "select kind, id from mine`",
      },
      {
        file: `${POSTGRES}/evaluate-facts.ts`,
        from: "  return { ...together([...afterwards, triggered]), claimed: triggered.claimed };",
        to: `  for (const { kind, id } of sorted.others) {
    await database.db
      .deleteFrom("millrace.fact_pending" as never)
      .where("kind" as never, "=", kind as never)
      .where("id" as never, "=", id as never)
      .execute();
  }
  return { ...together([...afterwards, triggered]), claimed: triggered.claimed };`,
      },
    ],
  },
  {
    name: "time window",
    bug: "what a run consumes is what came after the run before it, by the clock",
    patches: [
      {
        file: `${POSTGRES}/delivery-rows.ts`,
        from: "     left join millrace.run r on d.fact_kind = 'run' and r.id = d.fact_id\n     order by p.group_id, p.position",
        to: `     left join millrace.run r on d.fact_kind = 'run' and r.id = d.fact_id
     where coalesce(u.at, e.at, r.ended_at) >
       coalesce((select max(n.created_at) from millrace.run n where n.trigger_id = d.trigger_id), '-infinity')
     order by p.group_id, p.position`,
      },
    ],
  },
  {
    name: "cursor",
    bug: "facts are read beyond the last id that was seen, and ids do not come in order",
    patches: [
      {
        file: `${POSTGRES}/load-facts.ts`,
        from: "  const mine = new Set(gone.map(({ kind, id }) => `${kind} ${id}`));",
        to: `  const seen = await sql<{ kind: string; last: number }>\`
    select fact_kind as kind, max(fact_id)::float8 as last from millrace.delivery group by 1\`.execute(tx);
  const last = new Map(seen.rows.map((row) => [row.kind, row.last]));
  const mine = new Set(
    gone.filter(({ kind, id }) => id > (last.get(kind) ?? 0)).map(({ kind, id }) => \`\${kind} \${id}\`),
  );`,
      },
    ],
  },
  {
    name: "publish first",
    bug: "what a transaction leads to is told before it has committed",
    patches: [
      {
        file: `${POSTGRES}/transact.ts`,
        from: "    await tx.commit().execute();\n    return { done: true, value };",
        to: "    void tx.commit().execute().catch(() => giveBack(tx));\n    return { done: true, value };",
      },
    ],
  },
  {
    name: "no sweep",
    bug: "nobody looks for what was left behind",
    patches: [
      {
        file: `${WORKER}/sweeper.ts`,
        from: "        const count = await sweep();",
        to: "        const count = sweep.length;",
      },
    ],
  },
  {
    name: "nullable heartbeat",
    bug: "a session that has no heartbeat at all compares as null, and is never found dead",
    patches: [
      {
        file: `${POSTGRES}/sweeps.ts`,
        from: "where w.session_id is null or o.times_out_at < now - grace",
        to: "where w.lease_until < now or o.times_out_at < now - grace",
      },
    ],
  },
  {
    name: "same fence",
    bug: "a task that is given to another keeps its attempt number",
    patches: [
      {
        file: `${POSTGRES}/record-attempts.ts`,
        from: "attempt = case when x.ended then t.attempt else t.attempt + 1 end,",
        to: "attempt = t.attempt,",
      },
      {
        file: `${POSTGRES}/record-attempts.ts`,
        from: "queued.map((row) => ({ ...row, attempt: row.attempt + 1 })),",
        to: "queued,",
      },
      {
        file: `${POSTGRES}/record-attempts.ts`,
        from: "run_id, id, attempt + 1\n",
        to: "run_id, id, attempt\n",
      },
      {
        file: `${POSTGRES}/record-attempts.ts`,
        from: "from x join millrace.task_run t on t.id = x.id where x.outcome <> 'succeeded'",
        to: "from x join millrace.task_run t on t.id = x.id where x.outcome <> 'succeeded'\n      on conflict do nothing",
      },
    ],
  },
  {
    name: "blind retry",
    bug: "a commit whose answer was lost is done again without asking whether it happened",
    patches: [
      {
        file: `${POSTGRES}/transact.ts`,
        from: "const committed = await askFate(database, own, operation, error);",
        to: "const committed = askFate === undefined;",
      },
    ],
  },
  {
    name: "forget first",
    bug: "a message is removed from its queue before its updates are committed",
    patches: [
      {
        file: "packages/sensors/src/queue/poll-queue.ts",
        from: `      const { done, ...dealt } = await this.#taker.take(messages, this.#pace.now());`,
        to: `      await this.#remove(messages);
      const { done, ...dealt } = await this.#taker.take(messages, this.#pace.now());`,
      },
    ],
  },
  {
    name: "swallowed error",
    bug: "facts are taken in a transaction of their own, and an evaluation that fails is only logged",
    patches: [
      {
        file: `${POSTGRES}/evaluate-triggers.ts`,
        from: "export function evaluateTriggers(",
        to: "export async function evaluateTriggers(",
      },
      {
        file: `${POSTGRES}/evaluate-triggers.ts`,
        from: `  return performAndGoOn(database, versions, "evaluate triggers", { step, next });`,
        to: `  const mine = await perform(database, versions, "take facts", ({ tx }) =>
    takeFacts(tx, facts.filter(({ kind }) => kind !== "wake")),
  );
  return performAndGoOn(database, versions, "evaluate triggers", { step, next }).catch(() => ({
    bells: [], facts: [], timerAt: null, ended: [], claimed: [],
  }));`,
      },
      {
        file: `${POSTGRES}/evaluate-triggers.ts`,
        from: "    const { registryVersion, taken } = await takeFacts(tx, told);",
        to: "    const { registryVersion, taken } = mine;",
      },
      {
        file: `${POSTGRES}/evaluate-triggers.ts`,
        from: "import { performAndGoOn, type Taker",
        to: "import { perform, performAndGoOn, type Taker",
      },
    ],
  },
  {
    name: "latest definition",
    bug: "a run goes on with whatever version its pipeline has by now",
    patches: [
      {
        file: `${POSTGRES}/progress-runs.ts`,
        from: "    select id, version_id, state, cancel_requested_at is not null as cancelling,",
        to: `    select id, coalesce((select p.version_id from millrace.pipeline p where p.id = run.pipeline_id),
      version_id) as version_id, state, cancel_requested_at is not null as cancelling,`,
      },
    ],
  },
  {
    name: "stale count",
    bug: "how many runs are active is counted before the transaction that adds one",
    patches: [
      {
        file: `${POSTGRES}/room.ts`,
        from: "  return new Room(new Map(rows.map(({ id, room }) => [id, Number(room ?? Infinity)])));\n}",
        to: `  const counted = new Map(rows.map(({ id, room }) => [id, Number(room ?? Infinity)]));
  const known = new Map([...counted, ...COUNTED]);
  for (const [id, room] of counted) COUNTED.set(id, room);
  return new Room(known);
}

const COUNTED = new Map<number, number>();`,
      },
    ],
  },
  {
    name: "host as owner",
    bug: "a session is named after its host, so that a process that comes back is taken for the one that died",
    patches: [
      {
        file: `${WORKER}/worker/session-keeper.ts`,
        from: "    const id = clock.freshId();",
        to: `    const digits = Buffer.from(this.#start.host.padEnd(16, "-")).toString("hex").slice(0, 32);
    const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");`,
      },
      {
        file: `${POSTGRES}/sessions.ts`,
        from: "coalesce(millrace.now() + ${session.leaseMs}::float8 * interval '1 millisecond', 'infinity'))\n    `.execute(tx);",
        to: "coalesce(millrace.now() + ${session.leaseMs}::float8 * interval '1 millisecond', 'infinity'))\n      on conflict (session_id) do update set lease_until = excluded.lease_until, draining = false\n    `.execute(tx);",
      },
    ],
  },
  {
    name: "own clock",
    bug: "whether a lease has lapsed is decided by the clock of whoever looks",
    patches: [
      {
        file: `${WORKER}/abandoned-sweep.ts`,
        from: "sweeps.expireSessions()",
        to: "(sweeps as { expireSessions(nowMs: number): Promise<number> }).expireSessions(clock.nowMs())",
      },
      {
        file: `${POSTGRES}/create-store.ts`,
        from: "expireSessions: () => expireSessions(control),",
        to: "expireSessions: (...[nowMs]: number[]) => expireSessions(database, nowMs),",
      },
      {
        file: `${POSTGRES}/sweeps.ts`,
        from: "export async function expireSessions(database: Database): Promise<number> {",
        to: "export async function expireSessions(database: Database, nowMs = 0): Promise<number> {",
      },
      {
        file: `${POSTGRES}/sweeps.ts`,
        from: "where lease_until < (select millrace.now()) for update skip locked",
        to: "where lease_until < to_timestamp(${nowMs} / 1000.0) for update skip locked",
      },
    ],
  },
];
