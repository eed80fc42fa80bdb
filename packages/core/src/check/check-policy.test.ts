import { describe, expect, test } from "vitest";
import {
  after,
  all,
  atLeast,
  cron,
  daily,
  dataset,
  dynamic,
  event,
  keys,
  MillraceError,
  pipeline,
  pipelineRef,
  published,
  updated,
} from "../index.ts";

const day = daily({ start: "2026-01-01" });
const days = { partitions: { date: day } };
const flights = dataset("flights", days);
const weather = dataset("weather", days);
const delays = dataset("delays", days);
const sales = dataset("sales", { partitions: { date: day, region: keys("eu", "us") } });
const tables = dataset("tables", { partitions: { date: day, table: dynamic() } });
const load = pipelineRef("load", days);
const stale = event("stale");
const both = all(flights, weather);

/** What cannot be compiled comes as JavaScript would bring it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the point is to get past the compiler
type Untyped = any;
const loose = { updated, after, published, cron, atLeast } as Untyped;
const eventDay = { partition: { date: "2026-02-03" } };

function problemsOf(on: unknown, options: object = {}): readonly string[] {
  try {
    (pipeline as Untyped)("p", { ...days, on: { x: on }, ...options }, ({ task }: Untyped) =>
      task("t", () => 1),
    );
  } catch (error) {
    if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

const partial = (rest: object): object => ({ deadline: { then: "run-partial", ...rest } });

describe("a policy that could never take effect is refused, with the mend", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "a window of 0",
      () => updated(both, { within: "0s" }),
      /its within is 0, which no fact can meet; give a length/,
    ],
    [
      "an age of 0",
      () => all(flights.maxAge("0s"), weather),
      /in dataset default\/flights its maxAge is 0/,
    ],
    [
      "a deadline at the end of the window",
      () => updated(both, { within: "2h", deadline: { after: "2h", then: "skip" } }),
      /its deadline after 2h is never met, since the first fact expires within 2h; make the deadline shorter/,
    ],
    [
      "a deadline of 0",
      () => updated(both, { deadline: { after: "0s", then: "skip" } }),
      /its deadline.after is 0/,
    ],
    [
      "a deadline where one fact suffices",
      () => updated(flights, { deadline: { after: "2h", then: "skip" } }),
      /its deadline is never met, since any one fact satisfies the condition; leave it out, or bound a batch/,
    ],
    [
      "a deadline of a batch that one fact satisfies",
      () => updated(flights, { batch: { max: 2 }, deadline: { after: "2h", then: "skip" } }),
      /its deadline is never met/,
    ],
    [
      "a window where one fact suffices",
      () => updated(flights, { within: "2h" }),
      /its within has nothing to act on/,
    ],
    [
      "a reset where one fact suffices",
      () => updated(flights, { reset: "06:00" }),
      /its reset has nothing to act on/,
    ],
    [
      "quiet beyond maxWait",
      () => updated(flights, { batch: { quiet: "11m", maxWait: "10m" } }),
      /its batch.quiet \(11m\) is longer than its batch.maxWait \(10m\), which always comes first/,
    ],
    [
      "a batch that waits beyond its window",
      () => updated(flights, { batch: { maxWait: "2h" }, within: "1h" }),
      /its batch.maxWait \(2h\) is longer than its within \(1h\), so facts expire/,
    ],
    [
      "an empty batch",
      () => updated(flights, { batch: {} }),
      /its batch says neither max, quiet nor maxWait/,
    ],
    [
      "a batch of 0",
      () => updated(flights, { batch: { max: 0 } }),
      /its batch.max 0 is out of range; give 1 to 10000/,
    ],
    [
      "a batch too large",
      () => updated(flights, { batch: { max: 10_001 } }),
      /batch.max 10001 is out of range/,
    ],
    [
      "a batch of half a fact",
      () => updated(flights, { batch: { max: 1.5 } }),
      /batch.max 1.5 is out of range/,
    ],
    [
      "each and batch",
      () => updated(flights, { each: true, batch: { max: 2 } }),
      /it has each and batch, which exclude each other; keep one/,
    ],
    ["no quiet at all", () => updated(flights, { batch: { quiet: "0s" } }), /its batch.quiet is 0/],
    [
      "atMost 0",
      () => updated(flights, { atMost: 0 }),
      /its atMost 0 is out of range; give 1 to 100000/,
    ],
    [
      "changedOnly of runs",
      () => loose.after(load, { changedOnly: true }),
      /its changedOnly compares contents, and the end of a run has none/,
    ],
    [
      "changedOnly of events",
      () => loose.published(stale, { ...eventDay, changedOnly: true }),
      /and an event has none to compare/,
    ],
    [
      "a deadline of an event",
      () => loose.published(stale, { ...eventDay, ...partial({ after: "1h" }) }),
      /its deadline is never met/,
    ],
    [
      "jitter as long as the schedule",
      () => cron("*/10 * * * *", { partition: "interval", jitter: "10m" }),
      /its jitter \(10m\) is not less than the time between two ticks \(10m\); shorten it/,
    ],
    [
      "jitter beyond the shorter of two gaps",
      () => cron("0 6,12,13 * * *", { partition: "interval", jitter: "3h" }),
      /the time between two ticks \(1h\)/,
    ],
  ])("%s", (_what, make, message) => {
    expect(problemsOf(make())).toEqual([expect.stringMatching(message)]);
    expect(problemsOf(make())[0]).toMatch(/^Pipeline default\/p, trigger x: .*; .*\.$/);
  });
});

describe("a policy that cannot be read is refused, with an example", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "window",
      () => updated(both, { within: "6 hours" }),
      /its within "6 hours" is no duration; write e.g. "90s"/,
    ],
    [
      "age",
      () => all(flights.maxAge("old"), weather),
      /in dataset default\/flights its maxAge "old" is no duration/,
    ],
    ["no age", () => all((flights as Untyped).maxAge(), weather), /its maxAge null is no duration/],
    [
      "batch",
      () => loose.updated(flights, { batch: 100 }),
      /its batch is no object; write e.g. batch: \{ max: 100/,
    ],
    [
      "time in a batch",
      () => updated(flights, { batch: { quiet: "soon" } }),
      /its batch.quiet "soon" is no duration/,
    ],
    [
      "reset",
      () => updated(both, { reset: "6:00" }),
      /its reset at "6:00" is no time of day; write "00:00" to "23:59"/,
    ],
    [
      "reset of another type",
      () => loose.updated(both, { reset: 6 }),
      /its reset is no time of day; write e.g. reset: "06:00"/,
    ],
    [
      "hour of a reset",
      () => updated(both, { reset: "24:00" }),
      /its reset at "24:00" is no time of day/,
    ],
    [
      "zone of a reset",
      () => updated(both, { reset: { at: "06:00", timezone: "Mars" } }),
      /its reset: the time zone "Mars" does not exist/,
    ],
    [
      "deadline",
      () => loose.updated(both, { deadline: "2h" }),
      /its deadline does not say when; write e.g. deadline: \{ after: "2h"/,
    ],
    [
      "deadline of two times",
      () => loose.updated(both, partial({ after: "2h", at: "06:00" })),
      /its deadline does not say when/,
    ],
    [
      "length of a deadline",
      () => loose.updated(both, partial({ after: "later" })),
      /its deadline.after "later" is no duration/,
    ],
    [
      "time of a deadline",
      () => loose.updated(both, partial({ at: "noon" })),
      /its deadline at "noon" is no time of day/,
    ],
    [
      "zone of a deadline",
      () => loose.updated(both, partial({ at: "06:00", timezone: "Mars" })),
      /its deadline: the time zone "Mars"/,
    ],
    [
      "end of a deadline",
      () => loose.updated(both, { deadline: { after: "2h", then: "stop" } }),
      /its deadline then "stop" is not known; write run-partial, skip, alert/,
    ],
    [
      "no end of a deadline",
      () => loose.updated(both, { deadline: { after: "2h" } }),
      /its deadline then undefined is not known/,
    ],
    [
      "late",
      () => loose.updated(both, partial({ after: "2h", late: "never" })),
      /its deadline late "never" is not known; write record or rerun/,
    ],
    [
      "late without a partial run",
      () => loose.updated(both, { deadline: { after: "2h", then: "skip", late: "rerun" } }),
      /starts no partial run that one could come after; leave late out/,
    ],
    [
      "late record without a partial run",
      () => loose.updated(both, { deadline: { after: "2h", then: "alert", late: "record" } }),
      /starts no partial run that one could come after/,
    ],
    [
      "each",
      () => loose.updated(flights, { each: "yes" }),
      /its each "yes" is neither true nor false/,
    ],
    [
      "changedOnly",
      () => loose.updated(flights, { changedOnly: 1 }),
      /its changedOnly 1 is neither true nor false/,
    ],
    [
      "whilePaused",
      () => loose.updated(flights, { whilePaused: "wait" }),
      /its whilePaused "wait" is not known; write keep, drop or latest/,
    ],
    [
      "jitter",
      () => cron("@daily", { partition: "interval", jitter: "a bit" }),
      /its jitter "a bit" is no duration/,
    ],
    [
      "count of a condition",
      () => atLeast(4, flights, weather, delays),
      /atLeast\(4\) of 3 can not be; ask for 1 to 3/,
    ],
    [
      "event pattern of everything",
      () => published("**", eventDay),
      /its pattern "\*\*" matches every event; begin it with a name/,
    ],
    [
      "event pattern of one",
      () => published("ticket.open", eventDay),
      /matches one event only; give the event itself/,
    ],
  ])("%s", (_what, make, message) => {
    expect(problemsOf(make())).toEqual([expect.stringMatching(message)]);
  });
});

describe("completeness that cannot be is refused", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "of an unknown key",
      () => (sales as Untyped).complete({ area: "all" }),
      /complete\(\) names the key "area", which is not there \(there: date, region\); name one that is/,
    ],
    [
      "of an unknown value",
      () => (sales as Untyped).complete({ region: ["eu", "mars"] }),
      /complete\(\) at "region": .*mars/,
    ],
    [
      "of a value twice",
      () => sales.complete({ region: ["eu", "eu"] }),
      /"eu" stands there twice; keep one/,
    ],
    [
      "of no values",
      () => sales.complete({ region: [] }),
      /complete\(\) lists no value of "region"; name at least one/,
    ],
    [
      "of no keys",
      () => sales.complete({}),
      /complete\(\) names no key; name one, or leave it out/,
    ],
    [
      "of values that are none",
      () => (sales as Untyped).complete({ region: 3 }),
      /its complete\(\) has no values at region/,
    ],
    [
      "of what is no record",
      () => (sales as Untyped).complete("region"),
      /its complete\(\) takes values by key/,
    ],
    [
      "of all dynamic values",
      () => tables.complete({ table: "all" }),
      /it has no end of values of "table" to be complete; map that key/,
    ],
    [
      "of all days for ever",
      () => sales.as({}).complete({ date: "all" }),
      /it has no end of values of "date" to be complete; map that key/,
    ],
    ["said twice", () => sales.complete().complete(), /it has \.complete\(\) twice: keep one/],
    [
      "of an age said twice",
      () => flights.maxAge("1h").maxAge("2h"),
      /it has \.maxAge\(\) twice: keep one/,
    ],
  ])("%s", (_what, make, message) => {
    const found = problemsOf(make());
    expect(found.filter((problem) => message.test(problem))).toHaveLength(1);
  });

  test("of a dataset without partitions", () => {
    const found = problemsOf(dataset("plain").as({}).complete(), { partitions: {} });
    expect(found).toEqual([
      expect.stringMatching(
        /in dataset default\/plain complete\(\) finds no partition keys; declare/,
      ),
    ]);
  });
});

describe("what makes sense is taken", () => {
  test.each<[string, () => unknown]>([
    [
      "the largest batch",
      () => updated(flights, { batch: { max: 10_000, quiet: "10m", maxWait: "10m" } }),
    ],
    [
      "a batch as long as its window",
      () => updated(flights, { batch: { maxWait: "1h" }, within: "1h" }),
    ],
    [
      "a window over a batch",
      () => updated(flights, { batch: { max: 5 }, within: "1h", reset: "06:00" }),
    ],
    [
      "a deadline just before the window ends",
      () => updated(both, { within: "2h", deadline: { after: "119m", then: "alert" } }),
    ],
    [
      "a deadline of a complete leg",
      () =>
        updated(sales.complete({ region: "all" }), {
          within: "6h",
          deadline: { after: "2h", then: "skip" },
        }),
    ],
    [
      "a daily deadline in a window",
      () => updated(both, { within: "2h", deadline: { at: "06:00", then: "skip" } }),
    ],
    [
      "jitter just below the distance",
      () => cron("*/10 * * * *", { partition: "interval", jitter: "9m59s" }),
    ],
    [
      "a late part that runs again",
      () => updated(both, { deadline: { after: "2h", then: "run-partial", late: "rerun" } }),
    ],
    ["a list of dynamic values", () => tables.complete({ table: ["a", "b"] })],
    ["all days of the run", () => sales.complete({ date: "all", region: "all" })],
    ["atLeast all", () => atLeast(3, flights, weather, delays)],
  ])("%s", (_what, make) => {
    expect(problemsOf(make())).toEqual([]);
  });
});

describe("whenActive", () => {
  test("needs a limit to act at", () => {
    for (const whenActive of ["skip", "replace"]) {
      expect(problemsOf(flights, { whenActive })).toEqual([
        `Pipeline default/p: whenActive "${whenActive}" has no limit to act at, since any number of runs may be active; add maxActiveRuns: 1.`,
      ]);
      expect(problemsOf(flights, { whenActive, maxActiveRuns: 1 })).toEqual([]);
    }
    expect(problemsOf(flights, { whenActive: "queue" })).toEqual([]);
  });

  test("is one of three", () => {
    expect(problemsOf(flights, { whenActive: "wait", maxActiveRuns: 1 })).toEqual([
      'Pipeline default/p: whenActive "wait" is not known; write queue, skip or replace.',
    ]);
  });
});
