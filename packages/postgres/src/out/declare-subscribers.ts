import { canonicalJson, definitionInvalid, type OutSubscription } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { records } from "../records.ts";
import { lockRegistry } from "../trigger-cache.ts";
import { transact, type Tx } from "../transact.ts";

/** Who is to be told of what, as code declares it. */
export interface DeclaredSubscriber {
  readonly name: string;
  readonly subscription: OutSubscription;
}

interface Row {
  readonly name: string;
  readonly deployment: string | null;
  readonly subscription: OutSubscription | null;
}

/**
 * Makes subscribers the whole of those of a deployment. Those that it declares no more are told of
 * nothing from now on; what is in the outbox for them stays. Evaluations know it from the commit
 * on, because they hold the registry still.
 *
 * @throws {DEFINITION_INVALID} When another deployment has a subscriber of that name.
 */
export async function declareSubscribers(
  database: Database,
  deployment: string,
  declared: readonly DeclaredSubscriber[],
): Promise<void> {
  await transact(database, "declare subscribers", async (tx) => {
    // Most processes change nothing: they need not wait for evaluations.
    if (isSame(deployment, await list(tx), declared)) return;
    await lockRegistry(tx, "exclusive");
    await lockSubscribers(tx, deployment, declared);
    const known = await list(tx);
    refuseForeign(deployment, known, declared);
    await sql`
      update millrace.out_subscriber set subscription = null
      where deployment = ${deployment}::text
        and name <> all(${declared.map(({ name }) => name)}::text[])`.execute(tx);
    await sql`
      delete from millrace.out_fact f using millrace.out_subscriber s
      where s.name = f.subscriber and s.subscription is null`.execute(tx);
    await upsert(tx, deployment, declared);
    await sql`update millrace.registry set version = version + 1`.execute(tx);
  });
}

/** In the order in which everybody locks them. */
async function lockSubscribers(
  tx: Tx,
  deployment: string,
  declared: readonly DeclaredSubscriber[],
): Promise<void> {
  const names = declared.map(({ name }) => name);
  await sql`
    select name from millrace.out_subscriber
    where deployment = ${deployment}::text or name = any(${names}::text[])
    order by name for no key update`.execute(tx);
}

async function list(tx: Tx): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select name, deployment, subscription from millrace.out_subscriber`.execute(tx);
  return rows;
}

function isSame(
  deployment: string,
  known: readonly Row[],
  declared: readonly DeclaredSubscriber[],
): boolean {
  const own = known.filter((row) => row.deployment === deployment && row.subscription !== null);
  const text = (all: readonly DeclaredSubscriber[]): readonly string[] =>
    all
      .map(({ name, subscription }) => canonicalJson({ name, subscription: { ...subscription } }))
      .toSorted();
  const present = own.flatMap(({ name, subscription }) =>
    subscription === null ? [] : [{ name, subscription }],
  );
  return text(present).join("\n") === text(declared).join("\n");
}

function refuseForeign(
  deployment: string,
  known: readonly Row[],
  declared: readonly DeclaredSubscriber[],
): void {
  const names = new Set(declared.map(({ name }) => name));
  const problems = known
    .filter((row) => names.has(row.name) && row.subscription !== null)
    .filter((row) => row.deployment !== null && row.deployment !== deployment)
    .map(
      (row) =>
        `Deployment ${row.deployment} has a subscriber ${row.name} already. Rename one: a name stands for one receiver.`,
    );
  if (problems.length > 0) throw definitionInvalid(problems);
}

async function upsert(
  tx: Tx,
  deployment: string,
  declared: readonly DeclaredSubscriber[],
): Promise<void> {
  if (declared.length === 0) return;
  const rows = declared.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  await sql`
    insert into millrace.out_subscriber (name, deployment, subscription)
    select name, ${deployment}::text, subscription from ${records(rows, "name text, subscription jsonb")}
    order by name
    on conflict (name) do update
      set deployment = excluded.deployment, subscription = excluded.subscription`.execute(tx);
}
