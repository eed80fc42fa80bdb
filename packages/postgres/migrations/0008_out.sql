-- Who is told of what happens. Where they are and their secrets are configuration, not data.
create table millrace.out_subscriber (
  name text primary key,
  closed_at timestamptz,
  closed_reason text
);

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
