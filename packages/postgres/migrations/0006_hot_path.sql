-- Said once a statement and put in its place there, instead of called once a row.
create or replace function millrace.now() returns timestamptz language sql stable as $$
  select coalesce(nullif(current_setting('millrace.now', true), '')::timestamptz,
    statement_timestamp())
$$;

-- Task runs are inserted under the lock of their run, and pruned with it.
alter table millrace.task_run drop constraint task_run_run_id_fkey;

-- A batch may rewrite all rows of a page at once: its new versions need as much room as the old.
alter table millrace.task_run set (fillfactor = 40);
