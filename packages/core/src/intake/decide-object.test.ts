import { describe, expect, test } from "vitest";
import type { ObservedObject } from "../ports/intake.ts";
import { decideObject, type ObjectState } from "./decide-object.ts";
import { compareSequencers } from "./object-order.ts";

const BASE: ObservedObject = {
  dataset: "default/flights",
  partition: {},
  kind: "changed",
  bucket: "lake",
  key: "a.csv",
  etag: "A",
  bytes: 4,
  versionId: null,
  sequencer: "0010",
  at: 10_200,
  via: "event",
};

function event(part: Partial<ObservedObject>): ObservedObject {
  return { ...BASE, ...part };
}

function listing(part: Partial<ObservedObject> & { listedAt: number }): ObservedObject {
  return { ...BASE, sequencer: null, via: "listing", ...part };
}

/** Indexes of the observations that became updates, and the state they left. */
function play(observations: readonly ObservedObject[]): {
  news: number[];
  state: ObjectState | null;
} {
  let state: ObjectState | null = null;
  const news: number[] = [];
  for (const [index, observed] of observations.entries()) {
    const decision = decideObject(state, observed);
    if (decision.record) news.push(index);
    state = decision.next;
  }
  return { news, state };
}

describe("without versions", () => {
  test("writing A, B, A makes three updates", () => {
    const { news } = play([
      event({ etag: "A", sequencer: "01" }),
      event({ etag: "B", sequencer: "02", at: 10_300 }),
      event({ etag: "A", sequencer: "03", at: 10_400 }),
    ]);
    expect(news).toEqual([0, 1, 2]);
  });

  test("writing the identical bytes again makes none, and moves the sequencer on", () => {
    const { news, state } = play([
      event({ sequencer: "01" }),
      event({ sequencer: "05", at: 11_000 }),
    ]);
    expect(news).toEqual([0]);
    expect(state).toMatchObject({ sequencer: "05", at: 11_000 });
  });

  test("an event that comes again makes none and leaves nothing to store", () => {
    const first = decideObject(null, BASE);
    const again = decideObject(first.next, BASE);
    expect(again.record).toBe(false);
    expect(again.next).toBe(first.next);
  });

  test("an older sequencer never overrides a newer one, whatever its time says", () => {
    const { news, state } = play([
      event({ etag: "B", sequencer: "02", at: 10_000 }),
      event({ etag: "A", sequencer: "01", at: 99_000 }),
    ]);
    expect(news).toEqual([0]);
    expect(state?.etag).toBe("B");
  });

  test("events without sequencers are ordered by their times", () => {
    const { news, state } = play([
      event({ etag: "B", sequencer: null, at: 10_002 }),
      event({ etag: "A", sequencer: null, at: 10_001 }),
      event({ etag: "B", sequencer: null, at: 10_002 }),
      event({ etag: "C", sequencer: null, at: 10_003 }),
    ]);
    expect(news).toEqual([0, 3]);
    expect(state?.etag).toBe("C");
  });

  test("removing what is there is an update, removing what is gone is none", () => {
    const gone = { kind: "removed", etag: null, bytes: null } as const;
    const { news } = play([
      event({ sequencer: "01" }),
      event({ ...gone, sequencer: "02", at: 11_000 }),
      event({ ...gone, sequencer: "03", at: 12_000 }),
      event({ sequencer: "04", at: 13_000 }),
    ]);
    expect(news).toEqual([0, 1, 3]);
  });

  test("a removal that arrives before the write it removed stands", () => {
    const { news, state } = play([
      event({ kind: "removed", etag: null, sequencer: "02", at: 11_000 }),
      event({ sequencer: "01" }),
    ]);
    expect(news).toEqual([0]);
    expect(state?.kind).toBe("removed");
  });
});

describe("with versions", () => {
  test("each version is an update, even with the bytes of the last", () => {
    const { news } = play([
      event({ versionId: "v1", sequencer: "01" }),
      event({ versionId: "v2", sequencer: "02", at: 11_000 }),
      event({ versionId: "v2", sequencer: "02", at: 11_000 }),
    ]);
    expect(news).toEqual([0, 1]);
  });

  test("the identity of a decision is the version, so that the store can keep all it has seen", () => {
    expect(decideObject(null, event({ versionId: "v1" })).identity).toBe("v1");
    expect(decideObject(null, BASE).identity).toBeNull();
  });

  test("the event of a version that was listed first only adds what the listing did not know", () => {
    const { news, state } = play([
      listing({ at: 10_000, listedAt: 20_000 }),
      event({ versionId: "v1", sequencer: "01" }),
      event({ versionId: "v2", sequencer: "02", at: 30_000 }),
    ]);
    expect(news).toEqual([0, 2]);
    expect(state).toMatchObject({ versionId: "v2", sequencer: "02", via: "event" });
  });
});

describe("listings", () => {
  test("one that shows what is known leaves nothing to store", () => {
    const known = decideObject(null, BASE).next;
    const decision = decideObject(known, listing({ at: 10_000, listedAt: 60_000 }));
    expect(decision.record).toBe(false);
    expect(decision.next).toBe(known);
  });

  test("one that shows another object, taken later, is an update", () => {
    const { news } = play([BASE, listing({ etag: "B", at: 11_000, listedAt: 11_000 })]);
    expect(news).toEqual([0, 1]);
  });

  test("one taken before or in the second of the last event does not override it", () => {
    const { news, state } = play([
      event({ etag: "B", at: 10_200 }),
      listing({ etag: "A", at: 9_000, listedAt: 9_000 }),
      listing({ etag: "A", at: 9_000, listedAt: 10_000 }),
    ]);
    expect(news).toEqual([0]);
    expect(state?.etag).toBe("B");
  });

  test("an upload in parts counts though it is dated back to its start", () => {
    const { news } = play([BASE, listing({ etag: "B-2", at: 5_000, listedAt: 30_000 })]);
    expect(news).toEqual([0, 1]);
  });

  test("the event of what was listed first makes no second update", () => {
    const { news, state } = play([
      listing({ at: 10_000, listedAt: 60_000 }),
      event({ sequencer: "07" }),
    ]);
    expect(news).toEqual([0]);
    expect(state?.sequencer).toBe("07");
  });

  test("events from before the listing are out of date, also when the object went A, B, A", () => {
    const { news, state } = play([
      listing({ etag: "A", at: 30_000, listedAt: 31_000 }),
      event({ etag: "A", sequencer: "01", at: 10_000 }),
      event({ etag: "B", sequencer: "02", at: 20_000 }),
      event({ etag: "A", sequencer: "03", at: 30_100 }),
    ]);
    expect(news).toEqual([0]);
    expect(state).toMatchObject({ etag: "A", sequencer: "03" });
  });

  test("an event from after the listing is an update", () => {
    const { news } = play([
      listing({ at: 10_000, listedAt: 31_000 }),
      event({ etag: "B", sequencer: "09", at: 32_000 }),
      event({ kind: "removed", etag: null, sequencer: "0A", at: 33_000 }),
    ]);
    expect(news).toEqual([0, 1, 2]);
  });

  test("an event that comes again after a listing went past it is out of date", () => {
    const { news } = play([
      event({ sequencer: "01", at: 10_200 }),
      listing({ etag: "B", at: 11_000, listedAt: 11_000 }),
      event({ sequencer: "01", at: 10_200 }),
    ]);
    expect(news).toEqual([0, 1]);
  });

  test("an older sequencer stays out of date after a listing, whatever its time says", () => {
    const { news, state } = play([
      event({ sequencer: "05", at: 10_200 }),
      listing({ etag: "B", at: 11_000, listedAt: 11_000 }),
      event({ etag: "C", sequencer: "04", at: 99_000 }),
    ]);
    expect(news).toEqual([0, 1]);
    expect(state?.etag).toBe("B");
  });

  test("an event in the second of a listing is newer than an object that was old by then", () => {
    const { news } = play([
      listing({ at: 10_000, listedAt: 12_000 }),
      event({ etag: "B", sequencer: "02", at: 12_500 }),
    ]);
    expect(news).toEqual([0, 1]);
  });

  test("a removal in the second in which its object was written and listed is not lost", () => {
    const { news, state } = play([
      listing({ at: 10_000, listedAt: 10_000 }),
      event({ kind: "removed", etag: null, sequencer: "02", at: 10_900 }),
    ]);
    expect(news).toEqual([0, 1]);
    expect(state?.kind).toBe("removed");
  });
});

test("sequencers are padded on the right, and their case says nothing", () => {
  expect(compareSequencers("0055AED6DCD90281E5", "0055aed6dcd90281e5")).toBe(0);
  expect(compareSequencers("01", "0100")).toBe(0);
  expect(compareSequencers("02", "0100")).toBeGreaterThan(0);
  expect(compareSequencers("0F", "1")).toBeLessThan(0);
});
