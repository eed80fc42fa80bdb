import { present } from "@millrace/core/internal";
import pg from "pg";
import { installWitness } from "../../../reliability/src/invariants/index.ts";
import { createDatabase } from "../../harness/postgres.ts";
import { type GatedDatabase, openGated, untyped } from "./gated-database.ts";
import { RACE_AT } from "./story-items.ts";
import { type Story, tellStory } from "./story.ts";

/** A database with the story, two connections that race in it, and one that watches. */
export interface Arena {
  readonly story: Story;
  readonly sides: readonly [GatedDatabase, GatedDatabase];
  /** Looks on, and judges. At the same time of the clock as the others. */
  readonly judge: GatedDatabase;
  /** Puts every row and sequence back to the story. */
  restore(): Promise<void>;
  /** Resolves with true when the process waits for a lock, with false when the work is done. */
  waitsOrEnds(pid: number, work: Promise<unknown>): Promise<boolean>;
  close(): Promise<void>;
}

/** With the witness, which judges each transaction as it commits. */
export async function openArena(): Promise<Arena> {
  const server = await createDatabase();
  const teller = await openGated(server.url);
  const story = await tellStory(teller);
  await teller.close();
  const watcher = new pg.Client({ connectionString: server.url });
  await watcher.connect();
  await watcher.query(settings(new URL(server.url).pathname.slice(1)));
  await watcher.query(SNAPSHOT);
  const [one, two, judge] = await Promise.all([0, 1, 2].map(() => openGated(server.url)));
  const sides = [present(one), present(two)] as const;
  await installWitness(untyped(present(judge)));
  let restores = 0;
  return {
    story,
    sides,
    judge: present(judge),
    async restore() {
      // What each restore leaves behind is cleared away before it slows the next ones down.
      if (++restores % VACUUM_EVERY === 0) await watcher.query("vacuum");
      await watcher.query(RESTORE);
    },
    waitsOrEnds: (pid, work) => waitsOrEnds(watcher, pid, work),
    async close() {
      await Promise.all([...sides, present(judge)].map((each) => each.close()));
      await watcher.end();
      await server.drop();
    },
  };
}

const VACUUM_EVERY = 300;

const RESTORE = `select pairs.restore();
  delete from witness.history; delete from witness.violation`;

/** All connections see one moment; a deadlock is found at once instead of after a second. */
function settings(database: string): string {
  return `alter database ${database} set "millrace.now" = '${RACE_AT}';
    alter database ${database} set deadlock_timeout = '30ms';
    alter database ${database} set lock_timeout = '20s'`;
}

/**
 * Keeps a copy of every table and sequence, and makes the function that puts them back. Triggers
 * and foreign keys are off while it does: nothing judges what is no transition. A table that has
 * all its rows, and none that is newer than the last time, is as it was.
 */
const SNAPSHOT = `
  create schema pairs;
  create table pairs.restored as select pg_current_xact_id()::text::bigint as xid;
  create function pairs.columns_of(name text) returns text language sql as $$
    select string_agg(quote_ident(column_name), ', ' order by ordinal_position)
    from information_schema.columns
    where table_schema = 'millrace' and table_name = name and is_generated = 'NEVER'
  $$;
  do $do$
  declare
    name text;
    body text := '';
  begin
    for name in
      select c.relname from pg_class c where c.relnamespace = 'millrace'::regnamespace
        and c.relkind in ('r', 'p') and not c.relispartition order by c.relname
    loop
      execute format('create table pairs.%I as select %s from millrace.%I', name,
        pairs.columns_of(name), name);
      body := body || format(
        'if (select count(*) <> (select count(*) from pairs.%1$I)
            or coalesce(max(xmin::text::bigint), 0) > last_restore from millrace.%1$I) then
          delete from millrace.%1$I; insert into millrace.%1$I (%2$s) overriding system value
            select %2$s from pairs.%1$I; end if;', name, pairs.columns_of(name));
    end loop;
    for name in
      select c.relname from pg_class c where c.relnamespace = 'millrace'::regnamespace
        and c.relkind = 'S' order by c.relname
    loop
      execute format('create table pairs.%I as select last_value, is_called from millrace.%I',
        name, name);
      body := body || format(
        'perform setval(%L, last_value, is_called) from pairs.%I;', 'millrace.' || quote_ident(name), name);
    end loop;
    execute format($f$
      create function pairs.restore() returns void language plpgsql
        set session_replication_role = replica as $body$
        declare last_restore bigint;
        begin
          select xid into last_restore from pairs.restored;
          %s
          update pairs.restored set xid = pg_current_xact_id()::text::bigint;
        end $body$ $f$, body);
  end $do$`;

async function waitsOrEnds(
  watcher: pg.Client,
  pid: number,
  work: Promise<unknown>,
): Promise<boolean> {
  let hasEnded = false;
  void work.finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    const { rows } = await watcher.query<{ waits: boolean }>(
      "select pg_blocking_pids($1) <> '{}' as waits",
      [pid],
    );
    if (rows[0]?.waits === true) return true;
  }
  return false;
}
