import fc from "fast-check";
import { expect, test } from "vitest";
import type { ObservedObject } from "../ports/intake.ts";
import { decideObject, type ObjectState } from "./decide-object.ts";

/** What happened to a key: writes and removals, and listings that somebody took in between. */
interface Step {
  readonly type: "write" | "remove" | "list";
  readonly etag: string;
  readonly afterMs: number;
}

/** An observation, and the write or removal that it is about. */
interface Sighting {
  readonly step: number;
  readonly observed: ObservedObject;
}

const step = fc.record({
  type: fc.oneof(
    { weight: 5, arbitrary: fc.constant("write" as const) },
    { weight: 1, arbitrary: fc.constant("remove" as const) },
    { weight: 3, arbitrary: fc.constant("list" as const) },
  ),
  etag: fc.constantFrom("A", "B", "C"),
  // Mostly within one second, where times alone cannot tell what came first.
  afterMs: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1_000, max: 3_000 })),
});
const steps = fc.array(step, { minLength: 1, maxLength: 12 });

/** The events and listings that these steps give rise to, in the order of the steps. */
function sightingsOf(history: readonly Step[], versioned: boolean): Sighting[] {
  const sightings: Sighting[] = [];
  let at = 1_000_000;
  let present: Sighting | null = null;
  let isSettled = true;
  for (const [index, { type, etag, afterMs }] of history.entries()) {
    // A removal has its second for itself: within one, a listing of the same second is undecidable.
    at += type === "remove" || !isSettled ? 2_000 + afterMs : afterMs;
    isSettled = type !== "remove";
    if (type === "list") {
      if (present?.observed.kind !== "changed") continue;
      const listedAt = second(at);
      const listed = { ...present.observed, at: second(present.observed.at), listedAt };
      const observed = { ...listed, via: "listing", sequencer: null, versionId: null } as const;
      sightings.push({ step: present.step, observed });
      continue;
    }
    const observed = eventOf({ type, etag, at, index, versioned });
    present = { step: index, observed };
    sightings.push(present);
  }
  return sightings;
}

function eventOf(write: {
  type: "write" | "remove";
  etag: string;
  at: number;
  index: number;
  versioned: boolean;
}): ObservedObject {
  const kind = write.type === "write" ? "changed" : "removed";
  return {
    dataset: "default/d",
    partition: {},
    kind,
    bucket: "b",
    key: "k",
    etag: kind === "changed" ? write.etag : null,
    bytes: kind === "changed" ? 1 : null,
    versionId: write.versioned ? `v${write.index}` : null,
    sequencer: sequencerOf(write.index),
    at: write.at,
    via: "event",
  };
}

/** Of different lengths, as S3 makes them. */
function sequencerOf(index: number): string {
  const digits = `00${(index + 1).toString(16).padStart(2, "0")}`;
  return index % 2 === 0 ? digits : `${digits}7F`;
}

function second(instant: number): number {
  return Math.floor(instant / 1_000) * 1_000;
}

/** Delivers sightings as the store would, and gives the steps that became updates. */
function deliver(sightings: readonly Sighting[]): { news: number[]; state: ObjectState | null } {
  let state: ObjectState | null = null;
  const seen = new Set<string>();
  const news: number[] = [];
  for (const { step: index, observed } of sightings) {
    const decision = decideObject(state, observed);
    const isSeen = decision.identity !== null && seen.has(decision.identity);
    if (decision.identity !== null) seen.add(decision.identity);
    if (decision.record && !isSeen) news.push(index);
    state = decision.next;
  }
  return { news, state };
}

const deliveries = fc.tuple(steps, fc.boolean()).chain(([history, versioned]) => {
  const sightings = sightingsOf(history, versioned);
  const doubled = [...sightings, ...sightings];
  return fc.record({
    sightings: fc.constant(sightings),
    // Every sighting at least once, some twice, in any order.
    delivered: fc
      .tuple(
        fc.shuffledSubarray(sightings, { minLength: sightings.length }),
        fc.subarray(doubled),
        fc.infiniteStream(fc.nat()),
      )
      .map(([once, more, chance]) => {
        const all = [...once];
        for (const extra of more)
          all.splice((chance.next().value ?? 0) % (all.length + 1), 0, extra);
        return all;
      }),
  });
});

test("however sightings are ordered and doubled, no version is two updates", () => {
  fc.assert(
    fc.property(deliveries, ({ delivered }) => {
      const { news } = deliver(delivered);
      expect(new Set(news).size).toBe(news.length);
    }),
    { numRuns: 1_500 },
  );
});

test("however sightings are ordered and doubled, the last write or removal stands in the end", () => {
  fc.assert(
    fc.property(deliveries, ({ sightings, delivered }) => {
      const last = sightings.findLast(({ observed }) => observed.via === "event");
      if (last === undefined) return;
      const { kind, etag, at } = last.observed;
      const listedAt = second(at) + 10_000;
      const listing = {
        ...last.observed,
        via: "listing",
        sequencer: null,
        versionId: null,
      } as const;
      // A later listing settles what shared a second with an earlier one; it cannot show a removal.
      const settled = { step: last.step, observed: { ...listing, at: second(at), listedAt } };
      const { state } = deliver(kind === "changed" ? [...delivered, settled] : delivered);
      expect(state).toMatchObject({ kind, etag });
    }),
    { numRuns: 1_500 },
  );
});

test("events alone, in any order, need no listing to end in the last write", () => {
  fc.assert(
    fc.property(deliveries, ({ delivered }) => {
      const events = delivered.filter(({ observed }) => observed.via === "event");
      const last = events.toSorted((a, b) => a.step - b.step).at(-1);
      expect(deliver(events).state?.sequencer).toBe(last?.observed.sequencer);
    }),
    { numRuns: 1_000 },
  );
});

test("events in order, once each, record every write whose etag changed, and every version", () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (history, versioned) => {
      const events = sightingsOf(history, versioned).filter((s) => s.observed.via === "event");
      const expected = events.filter(({ observed }, index) => {
        const before = events[index - 1]?.observed;
        if (observed.kind === "changed" && versioned) return true;
        return before?.kind !== observed.kind || before.etag !== observed.etag;
      });
      expect(deliver(events).news).toEqual(expected.map((sighting) => sighting.step));
    }),
    { numRuns: 1_000 },
  );
});
