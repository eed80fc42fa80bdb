import {
  answersWait,
  type EventCandidate,
  fitsMatch,
  isRecord,
  type Partition,
  type Wait,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "../afterwards.ts";
import type { LoadedFact } from "../load-facts.ts";
import type { Tx } from "../transact.ts";
import { wakeSteps } from "./step-wakes.ts";
import { sourcesOfFact } from "./wait-sources.ts";

/** Somebody who listens to a source. */
interface Listener {
  readonly step_id: number;
  readonly source: string;
  readonly wait: Wait;
  readonly since: Date;
  readonly run_id: number;
  readonly partition: string;
  readonly logical_at: Date | null;
  readonly created_at: Date;
  readonly namespace: string;
}

/**
 * Finds who waits for what has just been taken out of the outbox, and asks for their waits to be
 * looked at. Takes no lock: a wait that is asked for meanwhile looks back after its own commit,
 * and so finds the same fact.
 */
export async function wakeWaiters(
  tx: Tx,
  log: AfterwardsLog,
  facts: readonly LoadedFact[],
): Promise<void> {
  const told = Map.groupBy(
    facts.flatMap((fact) => sourcesOfFact(fact).map((source) => ({ source, fact }))),
    ({ source }) => source,
  );
  if (told.size === 0) return;
  const { rows } = await sql<Listener>`
    select c.step_id, c.source, s.wait, s.since, s.run_id, r.partition, r.logical_at,
      r.created_at, p.namespace
    from millrace.step_source c join millrace.step s on s.id = c.step_id
    join millrace.run r on r.id = s.run_id join millrace.pipeline p on p.id = r.pipeline_id
    where c.source = any(${[...told.keys()]}::text[]) and s.state = 'waiting'
    order by c.step_id`.execute(tx);
  const wakes = rows.flatMap((listener) =>
    (told.get(listener.source) ?? [])
      .filter(({ fact }) => concerns(listener, fact))
      .map(({ fact }) => ({ step_id: listener.step_id, kind: fact.kind, id: fact.id })),
  );
  await wakeSteps(tx, log, wakes);
}

function concerns(listener: Listener, fact: LoadedFact): boolean {
  const { wait } = listener;
  const since = listener.since.getTime();
  if (wait.kind === "event") {
    const { namespace } = listener;
    const waiter = { namespace, runCreatedAt: listener.created_at.getTime(), since };
    const event = toEventCandidate(fact);
    return event !== null && answersWait(wait, waiter, event);
  }
  if (wait.kind !== "pipeline") return true;
  const waiter = {
    runId: listener.run_id,
    partition: JSON.parse(listener.partition) as Partition,
    logicalAt: listener.logical_at?.getTime() ?? null,
    since,
  };
  const { id, partition, logicalAt, createdAt } = fact;
  return fitsMatch(wait.match, waiter, { id, partition, logicalAt, createdAt });
}

function toEventCandidate({ kind, id, source, at, namespace, facts }: LoadedFact) {
  if (kind !== "event" || source.type !== "event" || !isRecord(facts)) return null;
  const told = facts as unknown as Pick<EventCandidate, "data" | "source">;
  const event = { id, name: source.event, data: told.data, source: told.source, at };
  return { ...event, namespace: namespace ?? null };
}
