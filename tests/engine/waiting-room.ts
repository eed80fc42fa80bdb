import type {
  AttemptOutcome,
  ClaimedTask,
  EventWait,
  JsonValue,
  NewWait,
  Wait,
} from "@millrace/core/internal";
import { present } from "@millrace/core/internal";
import { type Engine, type Handlers, ok } from "./engine.ts";

export const suspended = (...waits: readonly NewWait[]): AttemptOutcome => ({
  type: "suspended",
  waits,
  blockedOn: waits.map(({ name }) => name),
});

/** A handler that asks for waits, all at once, and returns their answers when there are all. */
export const asking =
  (...waits: readonly NewWait[]) =>
  ({ journal }: ClaimedTask): AttemptOutcome => {
    const known = new Map(journal.map((entry) => [entry.name, entry]));
    const open = waits.filter(({ name }) => known.get(name)?.state !== "done");
    const fresh = open.filter(({ name }) => !known.has(name));
    if (open.length === 0) return ok(waits.map(({ name }) => known.get(name)?.value ?? null));
    return { type: "suspended", waits: fresh, blockedOn: open.map(({ name }) => name) };
  };

export const sleep = (afterMs: number): Wait => ({ kind: "sleep", until: null, afterMs });
export const eventNamed = (name: string, part: Partial<EventWait> = {}): EventWait => ({
  name,
  isPattern: false,
  where: null,
  ...part,
});
export const forEvent = (name: string, part: Partial<Wait & { kind: "event" }> = {}): Wait => ({
  kind: "event",
  of: [eventNamed(name)],
  lookBackMs: null,
  timeoutMs: null,
  ...part,
});
export const calling = (pipeline: string, part: Partial<Wait & { kind: "call" }> = {}): Wait => ({
  kind: "call",
  pipeline: `default/${pipeline}`,
  params: {},
  partition: {},
  wait: true,
  inherit: true,
  timeoutMs: null,
  ...part,
});
export const forPipeline = (
  pipeline: string,
  part: Partial<Wait & { kind: "pipeline" }> = {},
): Wait => ({
  kind: "pipeline",
  pipeline: `default/${pipeline}`,
  match: { by: "latest" },
  waitForRun: true,
  timeoutMs: null,
  ...part,
});

/** What tests of waits do to an engine, and what they look at. */
export interface WaitingRoom {
  /** Time moves on, and everything that is due happens. */
  pass(ms: number, handlers?: Handlers): Promise<readonly ClaimedTask[]>;
  /** Time moves on, and nothing happens yet. */
  moveClock(ms: number): Promise<void>;
  publish(
    name: string,
    data?: JsonValue,
    namespace?: string | null,
  ): ReturnType<Engine["store"]["recordEvents"]>;
  runRow(runId: number): Promise<{ state: string; result: JsonValue; reason: string | null }>;
  result(runId: number): Promise<JsonValue>;
  count(query: string): Promise<number>;
  /** What is left of waits. */
  leaks(): Promise<{ open: number; sources: number; timers: number; wakes: number }>;
}

export const NOTHING = { open: 0, sources: 0, timers: 0, wakes: 0 };

export function waitingRoom(engine: () => Engine): WaitingRoom {
  let clock = Date.UTC(2026, 5, 1);
  const room: WaitingRoom = {
    async pass(ms, handlers = {}) {
      await room.moveClock(ms);
      await engine().store.fireDue(100);
      return engine().settle(handlers);
    },
    async moveClock(ms) {
      clock += ms;
      await engine().setNow(new Date(clock).toISOString());
    },
    publish: (name, data = null, namespace = null) =>
      engine().store.recordEvents([
        {
          name,
          data,
          namespace,
          source: { type: "api", key: "test" },
          idempotencyKey: null,
          correlationId: null,
        },
      ]),
    async runRow(runId) {
      const [row] = await engine().rows<{ state: string; result: JsonValue; reason: string }>(
        `select state, result, reason from millrace.run where id = ${runId}`,
      );
      return present(row);
    },
    result: async (runId) => (await room.runRow(runId)).result,
    count: async (query) =>
      (await engine().rows<{ n: number }>(`select count(*)::int as n from ${query}`))[0]?.n ?? 0,
    leaks: async () => ({
      open: await room.count("millrace.step where state = 'waiting'"),
      sources: await room.count("millrace.step_source"),
      timers: await room.count("millrace.timer where kind = 'step'"),
      wakes: await room.count("millrace.wake"),
    }),
  };
  return room;
}
