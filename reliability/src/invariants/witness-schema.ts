import { ALWAYS } from "./check-state.ts";
import { STATE_CHECKS } from "./state-checks.ts";
import { type Subject, unionOf } from "./state-check.ts";

/** Tables of the witness, and what its triggers have in common. */
const TABLES = `
create schema if not exists witness;

create table if not exists witness.violation (
  id bigint generated always as identity primary key,
  invariant text not null,
  what text not null,
  detail jsonb not null,
  at timestamptz not null default millrace.now()
);

-- Of one breach, the first that was seen: what stays broken is judged again and again.
create unique index if not exists violation_once on witness.violation (invariant, md5(what));

create table if not exists witness.history (
  id bigint generated always as identity primary key,
  kind text not null,
  subject bigint not null,
  state text not null,
  attempt int,
  session_id uuid,
  xid xid8 not null default pg_current_xact_id()
);

create index if not exists history_of on witness.history (kind, subject);

create table if not exists witness.listener (
  trigger_id bigint not null,
  kind text not null,
  name text not null,
  ends text,
  primary key (trigger_id, kind, name, ends)
);

create or replace function witness.report(invariant text, what text, detail jsonb default '{}')
returns void language sql as $$
  insert into witness.violation (invariant, what, detail) values (invariant, what, detail)
  on conflict do nothing
$$;

create or replace function witness.ended(state text) returns boolean language sql immutable as $$
  select state in ('succeeded', 'failed', 'upstream_failed', 'skipped', 'cancelled')
$$;

-- At commit nothing changes any more: of all that a transaction did to one thing, one judgement.
create or replace function witness.is_first(subject text) returns boolean language plpgsql as $$
declare
  judged text := coalesce(current_setting('witness.judged', true), '');
begin
  if position(subject in judged) > 0 then return false; end if;
  if length(judged) < 10000 then
    perform set_config('witness.judged', judged || subject, true);
  end if;
  return true;
end $$;

-- Somebody is on record for an act on this run, in this very transaction.
create or replace function witness.audited(run bigint, actions text[]) returns boolean
language sql as $$
  select exists (
    select from millrace.audit a where a.run_id = run and a.action = any(actions)
      and a.xmin = pg_current_xact_id()::xid
  )
$$;
`;

/** What is judged at commit, by the table of the subject. */
const JUDGED: readonly Exclude<Subject, "other">[] = [
  "task_run",
  "run",
  "delivery",
  "trigger_group",
  "step",
];

/** `witness.judge_run(7)` applies every law about runs to that one: one plan, kept. */
function judge(subject: Subject): string {
  const checks = STATE_CHECKS.filter(({ of, phase }) => of === subject && phase === "always");
  return `
create or replace function witness.judge_${subject}(subject bigint) returns void
language plpgsql as $judge$
begin
  if not witness.is_first(' ${subject} ' || subject || ' ') then return; end if;
  insert into witness.violation (invariant, what, detail)
  select v.invariant, v.what, v.detail from (
    ${unionOf(checks, (column) => `${column} = subject`)}
  ) v on conflict do nothing;
end $judge$;

create or replace function witness.settle_${subject}() returns trigger language plpgsql as $$
begin
  perform witness.judge_${subject}(new.id);
  return null;
end $$;
`;
}

/** All of it as a function, whose plan is kept: most of its time would go into planning. */
const BROKEN = `
create or replace function witness.broken()
returns table (invariant text, what text, detail jsonb) language plpgsql as $broken$
begin
  return query ${ALWAYS};
end $broken$;
`;

export const SCHEMA: string = [TABLES, ...JUDGED.map(judge), BROKEN].join("\n");
