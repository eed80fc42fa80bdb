-- An open wait for what an outside system says. Who decides what is asked next holds its target.
create table millrace.check_due (
  step_id bigint primary key references millrace.step (id),
  kind text not null,
  target text not null,
  due_at timestamptz not null,
  slack_ms float8 not null default 0,
  state jsonb,
  seen text,
  answer jsonb,
  remember jsonb
);

comment on column millrace.check_due.slack_ms is
  'So much earlier it may be asked, together with others of its target.';

comment on column millrace.check_due.remember is
  'What its answer leaves under the memory of its check, and what it found there.';

comment on column millrace.check_due.answer is
  'What the wait is answered with by whoever takes its wake; null: it is still to be asked.';

create index check_due_of_target on millrace.check_due (kind, target, due_at)
  where answer is null;

-- Each ask moves all rows of its target along the index.
alter table millrace.check_due set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create sequence millrace.check_round;

-- What the last answer left, for the next wait of the same task. Its row is locked by who gives one.
create table millrace.check_memory (
  pipeline_id bigint not null references millrace.pipeline (id),
  task text not null,
  name text not null,
  value jsonb,
  at timestamptz not null default millrace.now(),
  primary key (pipeline_id, task, name)
);

-- One row for each target that was asked lately. It is the lock of who asks, and their pace.
create table millrace.check_target (
  kind text not null,
  target text not null,
  round bigint not null default 0,
  not_before timestamptz not null,
  failures int not null default 0,
  problem text,
  primary key (kind, target)
);

comment on column millrace.check_target.round is
  'Which taking was the last, of all targets: what came of one is recorded only while it is that.';

create index check_target_idle on millrace.check_target (not_before);
