import type { Connection, ConnectionSource } from "../connection/connection.ts";
import { openConnection } from "../connection/connection.ts";
import { StoreIntake, type StoreIntakeDeps } from "../http/store-intake-port.ts";
import { pollMessages } from "../queue/poll-queue.ts";
import { type Pace, realPace } from "../source/pause.ts";
import type { RunningSource } from "../source/running-source.ts";
import type { EventSourceDefinition } from "./define-event-source.ts";
import { EventQueue } from "./event-queue.ts";
import { EventTaker } from "./take-events.ts";

/** What a running source of messages needs, and whom it tells. */
export interface EventSourceDeps extends StoreIntakeDeps {
  /** Where the connections come from that sources name. */
  readonly connections: ConnectionSource;
  /** Absent: this machine's clock and chance. */
  readonly pace?: Pace;
}

/**
 * Runs a source of messages until it is stopped. Whatever goes wrong is reported and tried again;
 * nothing ends it. Any number of processes may run the same source, as far as its system lets them
 * share it.
 */
export function startEventSource(
  definition: EventSourceDefinition,
  { connections, pace = realPace, ...deps }: EventSourceDeps,
): RunningSource {
  const { name: source } = definition;
  const store = new StoreIntake(source, deps);
  const taker = new EventTaker(definition, {
    record: (messages) => store.record(messages),
    report: (message, error) => deps.onProblem?.({ source, message, error }),
  });
  const connection = (name: string): Promise<Connection> => openConnection(name, connections);
  const queue = new EventQueue((signal) => definition.open({ connection, signal }));
  const running = pollMessages(queue, taker, pace);
  return {
    health: () => running.health(),
    async stop() {
      await running.stop();
      await queue.close();
    },
  };
}
