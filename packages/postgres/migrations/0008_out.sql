-- Who is told of what happens. Where they are and their secrets are configuration, not data.
create table millrace.out_subscriber (
  name text primary key,
  deployment text,
  subscription jsonb,
  closed_at timestamptz,
  closed_reason text
);

comment on column millrace.out_subscriber.subscription is
  'Of which facts it is told; null: of none by itself, as once no code declares it any more.';

create index out_subscriber_told on millrace.out_subscriber (name) where subscription is not null;

-- What a subscriber is to be told of and has no message yet: written by the transaction that
-- evaluates the fact, deleted by the one that makes the message. Nobody waits for anybody here.
create table millrace.out_fact (
  id bigint generated always as identity primary key,
  subscriber text not null,
  kind text not null check (kind in ('update', 'event', 'run', 'dead_letter')),
  fact_id bigint not null,
  at timestamptz not null default millrace.now()
);

create index out_fact_next on millrace.out_fact (subscriber, id);

alter table millrace.out_fact set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What they are told, in order for each. What has ended stays for a while: its key is told once.
create table millrace.out_delivery (
  id bigint generated always as identity primary key,
  subscriber text not null references millrace.out_subscriber (name),
  key text not null,
  message jsonb,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
  reason text,
  failures int not null default 0,
  fence int not null default 0,
  created_at timestamptz not null default millrace.now(),
  due_at timestamptz not null default millrace.now(),
  taken_until timestamptz,
  ended_at timestamptz,
  unique (subscriber, key),
  check ((state = 'waiting') = (ended_at is null)),
  check (state <> 'waiting' or message is not null)
);

comment on column millrace.out_delivery.message is 'Null once it was delivered.';

comment on column millrace.out_delivery.fence is
  'How often it was taken: only who took it last may say what became of it.';

create index out_delivery_waiting on millrace.out_delivery (subscriber, id) where state = 'waiting';

create index out_delivery_ended on millrace.out_delivery (ended_at) where ended_at is not null;

create index out_delivery_dead on millrace.out_delivery (subscriber) where state = 'dead';

-- Where people look at this installation, as who was started last with a URL said.
alter table millrace.registry add column url text;
