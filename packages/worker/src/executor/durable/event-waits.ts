import {
  EVENT,
  type EventAnswer,
  eventPatternProblem,
  type EventWait,
  isEvent,
  isRecord,
  toFilterSpec,
  type Wait,
} from "@millrace/core/internal";
import { toReceivedEvent } from "../received-facts.ts";
import type { Durable } from "./durable.ts";
import { durationMs, misuse, nameIn, optionsOf, told } from "./wait-options.ts";

const OF_MAX = 100;

/** Waits for an event, for any of several, or for all of them. Null: the time was up. */
export async function waitForEvent(
  durable: Durable,
  what: unknown,
  given?: unknown,
): Promise<unknown> {
  const options = optionsOf("waitForEvent()", given);
  const name = nameIn(options) ?? durable.ordinalName("event");
  const where = filterOf(options["where"]);
  const eventWait = (event: unknown): EventWait => ({ ...namedBy(event), where });
  const limits = {
    lookBackMs: lookBackMs(options["lookBack"]),
    timeoutMs: durationMs("the timeout of waitForEvent()", options["timeout"]),
  };
  const waitFor = async (own: string, of: readonly EventWait[]): Promise<unknown> => {
    const wait: Wait = { kind: "event", of, ...limits };
    return toEvent((await durable.wait(own, wait)) as unknown as EventAnswer);
  };
  const all = severalOf(what, "all");
  if (all === null) return waitFor(name, (severalOf(what, "any") ?? [what]).map(eventWait));
  const each = all.map((event, index) => waitFor(`${name}.${index + 1}`, [eventWait(event)]));
  const events = await Promise.all(each);
  return events.includes(null) ? null : events;
}

function toEvent(answer: EventAnswer): unknown {
  return answer === null ? null : toReceivedEvent(answer);
}

/** The members of `{ any: […] }` or `{ all: […] }`; null when `what` is no such thing. */
function severalOf(what: unknown, word: "any" | "all"): readonly unknown[] | null {
  if (isEvent(what) || !isRecord(what) || !(word in what)) return null;
  const list = what[word];
  if (Array.isArray(list) && list.length > 0 && list.length <= OF_MAX) return list;
  throw misuse(
    `waitForEvent({ ${word} }) needs a list of 1 to ${OF_MAX} events`,
    `write { ${word}: [created, closed] }`,
  );
}

function namedBy(event: unknown): Pick<EventWait, "name" | "isPattern"> {
  if (isEvent(event)) return { name: event[EVENT].spec.name, isPattern: false };
  if (typeof event !== "string") {
    throw misuse(
      `waitForEvent() was given ${told(event)}, which is no event`,
      'declare one with event(), or write a pattern like "ticket.*"',
    );
  }
  if (/^[a-z0-9._-]+$/.test(event)) return { name: event, isPattern: false };
  const problem = eventPatternProblem(event);
  if (problem === null) return { name: event, isPattern: true };
  throw misuse(`the pattern ${told(event)} of waitForEvent()`, `it ${problem}`);
}

function filterOf(where: unknown): EventWait["where"] {
  const { filter, issue } = toFilterSpec(where ?? {}, ["data"]);
  if (issue === null) return filter;
  throw misuse(`where of waitForEvent() has no value or test at ${issue}`, "write e.g. gt(0)");
}

/** From the beginning of the run unless told otherwise: what was sent while it got here counts. */
function lookBackMs(given: unknown): number | null {
  if (given === undefined || given === "run") return null;
  return given === "none" ? 0 : durationMs("lookBack of waitForEvent()", given);
}
