import { event, from, pipeline, published } from "@millrace/core";
import { z } from "zod";

const Ticket = z.object({ ticket: z.string(), text: z.string() });
/** How fast this desk is: hours in life, seconds in a demonstration. */
const Pace = z.object({
  patience: z.string().default("4h"),
  surveyAfter: z.string().default("24h"),
});

export const created = event("ticket.created", { data: Ticket.extend(Pace.shape) });
export const assigned = event("ticket.assigned", {
  data: z.object({ ticket: z.string(), agent: z.string() }),
});
export const solved = event("ticket.solved", {
  data: z.object({ ticket: z.string(), answer: z.string() }),
});
export const closed = event("ticket.closed", {
  data: z.object({ ticket: z.string(), surveyAfter: z.string() }),
});

/** Who takes it: called by the ticket itself, and again when it becomes stale. */
export const assign = pipeline(
  "assign",
  { params: z.object({ ticket: z.string(), level: z.number().int() }) },
  ({ task }) =>
    task("choose", { produces: { assigned } }, async ({ params, produces }) => {
      const agent = params.level > 1 ? "Maria (second level)" : "Jo";
      await produces.assigned.publish({ ticket: params.ticket, agent });
      return { agent };
    }),
);

/** One ticket from its creation to its end: a run of hours that holds nothing while it waits. */
export const handleTicket = pipeline(
  "handle-ticket",
  {
    params: Ticket.extend(Pace.shape),
    on: {
      created: published(created, {
        params: {
          ticket: from("data.ticket"),
          text: from("data.text"),
          patience: from("data.patience"),
          surveyAfter: from("data.surveyAfter"),
        },
      }),
    },
  },
  ({ task, branch, call }) => {
    const triage = branch("triage", ({ params }) =>
      params.text.includes("!") ? "urgent" : "normal",
    );
    const first = call("assign-first", {
      when: triage.is("normal"),
      pipeline: assign,
      params: ({ params }) => ({ ticket: params.ticket, level: 1 }),
    });
    const senior = call("assign-senior", {
      when: triage.is("urgent"),
      pipeline: assign,
      params: ({ params }) => ({ ticket: params.ticket, level: 2 }),
    });
    const resolve = task(
      "resolve",
      {
        needs: { first, senior },
        runIf: "none_failed_min_one_success",
        calls: [assign],
      },
      async ({ params, waitForEvent, call: callPipeline, log }) => {
        const where = { ticket: params.ticket };
        for (let level = 2; ; level++) {
          const answer = await waitForEvent(solved, { where, timeout: params.patience });
          if (answer !== null) return { answer: answer.data.answer, escalations: level - 2 };
          log.warn(`${params.ticket} is stale after ${params.patience}`);
          await callPipeline(assign, { ticket: params.ticket, level });
        }
      },
    );
    return task(
      "close",
      { needs: { resolve }, produces: { closed } },
      async ({ needs, params, produces }) => {
        const { ticket, surveyAfter } = params;
        await produces.closed.publish({ ticket, surveyAfter });
        return needs.resolve;
      },
    );
  },
);

/** A day later, when the answer has proved itself or not. */
export const survey = pipeline(
  "survey",
  {
    params: z.object({ ticket: z.string(), surveyAfter: z.string() }),
    on: {
      closed: published(closed, {
        params: { ticket: from("data.ticket"), surveyAfter: from("data.surveyAfter") },
      }),
    },
  },
  ({ task }) =>
    task("ask", async ({ params, sleep, log }) => {
      await sleep(params.surveyAfter);
      log.info(`How did we do with ${params.ticket}?`);
      return { asked: params.ticket };
    }),
);

/** The agents, for a demonstration: Jo never answers, Maria does, after a moment. */
export const agents = pipeline("agents", { on: { assigned: published(assigned) } }, ({ task }) =>
  task("work", { produces: { solved } }, async ({ received, sleep, produces, log }) => {
    const [task] = received(assigned).map(({ data }) => data);
    if (task === undefined || task.agent === "Jo") return null;
    await sleep("1s");
    log.info(`${task.agent} answers ${task.ticket}`);
    await produces.solved.publish({ ticket: task.ticket, answer: "Have you tried both?" });
    return task.ticket;
  }),
);

/** Opens a ticket, as a form on a page would. */
export const openTicket = pipeline(
  "open-ticket",
  { params: Ticket.partial().extend(Pace.shape) },
  ({ task }) =>
    task("open", { produces: { created } }, async ({ params, produces, run }) => {
      const { ticket = run.id, text = "It does not turn on", patience, surveyAfter } = params;
      await produces.created.publish({ ticket, text, patience, surveyAfter });
      return { ticket };
    }),
);
