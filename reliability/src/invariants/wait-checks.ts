import type { StateCheck } from "./state-check.ts";

const named = "format('wait %s (%s) of task run %s', s.id, s.name, s.task_run_id)";

/** What tasks wait for, and who hears of the answer. */
export const WAIT_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I9",
    name: "open-waits-are-of-live-tasks",
    of: "step",
    phase: "always",
    broken: (is) => `
      select format('%s is open, and its task is %s', ${named}, coalesce(t.state, 'gone')),
        jsonb_build_object('step', s.id)
      from millrace.step s left join millrace.task_run t on t.id = s.task_run_id
      where ${is("s.id")} and s.state = 'waiting'
        and (t.id is null or t.state not in ('queued', 'running', 'waiting')
          or t.run_id <> s.run_id)`,
  },
  {
    invariant: "I9",
    name: "open-waits-can-be-answered",
    of: "step",
    phase: "always",
    broken: (is) => `
      select format('%s is open, and nothing is left that could answer it', ${named}),
        jsonb_build_object('step', s.id, 'kind', s.wait ->> 'kind')
      from millrace.step s join millrace.run r on r.id = s.run_id
      where ${is("s.id")} and s.state = 'waiting' and s.wait ->> 'kind' <> 'approval'
        and not (s.wait ->> 'kind' = 'call'
          and (r.paused_at is not null or r.cancel_requested_at is not null))
        and not exists (select from millrace.step_source c where c.step_id = s.id)
        and not exists (select from millrace.timer i where i.kind = 'step' and i.step_id = s.id)
        and not exists (select from millrace.wake w where w.step_id = s.id)
        and not exists (
          select from millrace.check_due d where d.step_id = s.id and d.answer is null
        )`,
  },
  {
    invariant: "I9",
    name: "open-checks-are-asked",
    of: "step",
    phase: "always",
    broken: (is) => `
      select format('%s is open, and is not asked', ${named}), jsonb_build_object('step', s.id)
      from millrace.step s
      where ${is("s.id")} and s.state = 'waiting' and s.wait ->> 'kind' = 'check' and not exists (
        select from millrace.check_due d where d.step_id = s.id and (
          d.answer is null or exists (select from millrace.wake w where w.step_id = s.id)
        )
      )`,
  },
  {
    invariant: "I9",
    name: "only-open-waits-listen",
    of: "step",
    phase: "always",
    broken: (is) => `
      select format('%s is %s, and still listens, has a timer or is asked', ${named}, s.state),
        jsonb_build_object('step', s.id)
      from millrace.step s
      where ${is("s.id")} and s.state <> 'waiting' and (
        exists (select from millrace.step_source c where c.step_id = s.id)
        or exists (select from millrace.timer i where i.kind = 'step' and i.step_id = s.id)
        or exists (select from millrace.check_due d where d.step_id = s.id)
      )`,
  },
  {
    invariant: "I26",
    name: "times-of-waits-in-order",
    of: "step",
    phase: "always",
    broken: (is) => `
      select format('%s is %s: since %s, ended %s', ${named}, s.state, s.since, s.ended_at),
        jsonb_build_object('step', s.id)
      from millrace.step s
      where ${is("s.id")}
        and ((s.state = 'waiting') <> (s.ended_at is null) or s.since > s.ended_at)`,
  },
  {
    invariant: "I9",
    name: "no-run-is-left-that-nobody-waits-for",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('run %s goes on, and the call of run %s that started it is %s', c.id,
          c.parent_run_id, s.state), jsonb_build_object('run', c.id)
      from millrace.run c join millrace.step s on s.id = c.parent_step_id
      where c.ended_at is null and c.cancel_requested_at is null and (
        s.state = 'closed' or (s.state = 'done' and s.value ->> 'state' = 'timed_out')
      )`,
  },
];
