import { all, dataset, deadlineMissed, from, pipeline, published, updated } from "@millrace/core";
import { simulate, type TimelineEntry } from "@millrace/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { decided, told } from "./told.ts";

const [a, b] = [dataset("a"), dataset("b")];
const files = dataset("files");

/** Updates of one dataset at these times of one day, named for their times. */
function updates(...times: readonly string[]): TimelineEntry[] {
  return times.map((time) => ({ at: `2026-03-02T${time}Z`, update: files, as: time }));
}

describe("grouping", () => {
  test("each starts one run for each update", () => {
    const load = pipeline("load", { on: { files: updated(files, { each: true }) } }, ({ task }) =>
      task("work", () => 1),
    );
    expect(told(simulate([load], updates("10:00", "10:00", "10:01")))).toEqual([
      "03-02 10:00 by 10:00",
      "03-02 10:00 by 10:00",
      "03-02 10:01 by 10:01",
    ]);
  });

  test("a plain batch takes everything that is pending when there is room", () => {
    const load = pipeline("load", { maxActiveRuns: 1, on: { files } }, ({ task }) =>
      task("work", () => 1),
    );
    const result = simulate(
      [load],
      [...updates("10:00", "10:05", "10:06", "10:07", "10:30"), { until: "2026-03-02T12:00Z" }],
      { takes: "20m" },
    );
    expect(told(result)).toEqual([
      "03-02 10:00 by 10:00",
      "03-02 10:20 by 10:07 with 10:05, 10:06",
      "03-02 10:40 by 10:30",
    ]);
  });

  test("a sized batch fires when it is full, when it is quiet, or when it waited long enough", () => {
    const batch = { max: 3, quiet: "10m", maxWait: "25m" };
    const load = pipeline("load", { on: { files: updated(files, { batch }) } }, ({ task }) =>
      task("work", () => 1),
    );
    const result = simulate(
      [load],
      [
        ...updates("10:00", "10:01", "10:02"),
        ...updates("11:00", "11:05"),
        ...updates("12:00", "12:09", "12:18"),
        ...updates("13:00", "13:09"),
        { at: "2026-03-02T13:15Z", downUntil: "2026-03-02T14:00Z" },
        ...updates("13:30"),
        { until: "2026-03-02T14:05Z" },
      ],
    );
    expect(told(result)).toEqual([
      "03-02 10:02 by 10:02 with 10:00, 10:01",
      "03-02 11:15 by quiet with 11:00, 11:05",
      "03-02 12:18 by 12:18 with 12:00, 12:09",
      // However late it is looked at: 13:30 came after the batch was quiet at 13:19.
      "03-02 14:00 by quiet with 13:00, 13:09",
      "03-02 14:00 by quiet with 13:30",
    ]);
    const patient = pipeline(
      "patient",
      { on: { files: updated(files, { batch: { quiet: "10m", maxWait: "25m" } }) } },
      ({ task }) => task("work", () => 1),
    );
    const long = simulate(
      [patient],
      [...updates("12:00", "12:09", "12:18", "12:24"), { until: "2026-03-02T13:00Z" }],
    );
    expect(told(long)).toEqual(["03-02 12:25 by max_wait with 12:00, 12:09, 12:18, 12:24"]);
  });

  test("the same content version makes no run and is recorded as unchanged", () => {
    const load = pipeline(
      "load",
      { on: { files: updated(files, { changedOnly: true }) } },
      ({ task }) => task("work", () => 1),
    );
    const versions = ["v1", "v1", "v2", "v1"];
    const result = simulate(
      [load],
      versions.map((version, hour) => ({
        at: `2026-03-02T1${hour}:00Z`,
        update: files,
        version,
        as: version,
      })),
    );
    expect(decided(result)).toEqual(["v1: started", "v1: unchanged", "v2: started", "v1: started"]);
  });
});

describe("windows", () => {
  const on = (hours: string, update: typeof a | typeof b) => ({
    at: `2026-03-02T${hours}Z`,
    update,
    as: `${update.name} ${hours}`,
  });

  test("legs that do not come within the window never pair", () => {
    const join = pipeline(
      "join",
      { on: { both: updated(all(a, b), { within: "6h" }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate([join], [on("01:00", a), on("08:00", b), on("09:00", a)]);
    expect(told(result)).toEqual(["03-02 09:00 by a 09:00 with b 08:00"]);
    expect(decided(result)[0]).toBe("a 01:00: expired");
  });

  test("maxAge lets one leg grow old and not the other", () => {
    const join = pipeline("join", { on: { both: updated(all(a.maxAge("2h"), b)) } }, ({ task }) =>
      task("work", () => 1),
    );
    const result = simulate(
      [join],
      [on("01:00", b), on("02:00", a), on("03:00", a), on("06:00", b), on("07:00", a)],
    );
    expect(told(result)).toEqual([
      "03-02 02:00 by a 02:00 with b 01:00",
      "03-02 07:00 by a 07:00 with b 06:00",
    ]);
    expect(decided(result)[2]).toBe("a 03:00: expired");
  });

  test("a daily reset lets what is pending expire, so Monday's half never pairs with Tuesday's", () => {
    const join = pipeline(
      "join",
      { on: { both: updated(all(a, b), { reset: { at: "06:00", timezone: "Europe/Oslo" } }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate([join], [on("04:59", a), on("05:01", b), on("07:00", a)]);
    expect(told(result)).toEqual(["03-02 07:00 by a 07:00 with b 05:01"]);
    expect(decided(result)[0]).toBe("a 04:59: expired");
  });

  test("a deadline starts a partial run that says what is missing; a late leg is recorded", () => {
    const join = pipeline(
      "join",
      { on: { both: updated(all(a, b), { deadline: { after: "2h", then: "run-partial" } }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [join],
      [on("01:00", a), on("04:00", b), { until: "2026-03-02T12:00Z" }],
    );
    expect(told(result)).toEqual(["03-02 03:00 by deadline with a 01:00 without b"]);
    expect(decided(result)).toEqual(["a 01:00: included", "b 04:00: expired"]);
  });

  test("a late leg reruns the group where the policy says so", () => {
    const deadline = { after: "2h", then: "run-partial", late: "rerun" } as const;
    const join = pipeline("join", { on: { both: updated(all(a, b), { deadline }) } }, ({ task }) =>
      task("work", () => 1),
    );
    const result = simulate([join], [on("01:00", a), on("04:00", b)]);
    expect(told(result)).toEqual([
      "03-02 03:00 by deadline with a 01:00 without b",
      "03-02 04:00 by b 04:00",
    ]);
    expect(result.runs.map(({ rerunOf }) => rerunOf)).toEqual([null, 1]);
  });

  test("a missed deadline skips", () => {
    const join = pipeline(
      "join",
      { on: { both: updated(all(a, b), { deadline: { at: "06:00", then: "skip" } }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate([join], [on("01:00", a), on("07:00", b), on("08:00", a)]);
    expect(told(result)).toEqual(["03-02 08:00 by a 08:00 with b 07:00"]);
    expect(decided(result)[0]).toBe("a 01:00: expired");
  });

  test("a missed deadline alerts once, by an event, and goes on waiting", () => {
    const join = pipeline(
      "join",
      { on: { both: updated(all(a, b), { deadline: { after: "2h", then: "alert" } }) } },
      ({ task }) => task("work", () => 1),
    );
    const page = pipeline("page", { on: { missed: published(deadlineMissed) } }, ({ task }) =>
      task("work", () => 1),
    );
    const result = simulate([join, page], [on("01:00", a), on("09:00", b)]);
    expect(told(result)).toEqual([
      "03-02 03:00 by millrace.deadline.missed",
      "03-02 09:00 by b 09:00 with a 01:00",
    ]);
  });

  test("its event names pipeline and sources in full, and the trigger that tells it", () => {
    const join = pipeline(
      "join",
      { on: { both: updated(all(a, b), { deadline: { after: "2h", then: "alert" } }) } },
      ({ task }) => task("work", () => 1),
    );
    const params = z.object({ missing: z.array(z.string()), by: z.string() });
    const missed = published(deadlineMissed, {
      params: { missing: from("data.missing"), by: from("source.key") },
    });
    const page = pipeline("page", { params, on: { missed } }, ({ task }) => task("work", () => 1));
    const { runs } = simulate([join, page], [on("01:00", a), { until: "2026-03-02T04:00Z" }]);
    expect(runs[0]?.params).toEqual({ missing: ["default/b"], by: "default/join/both" });
  });
});

describe("when a run is active", () => {
  const timeline = [...updates("10:00", "10:05", "10:06"), { until: "2026-03-02T12:00Z" }];
  const options = { takes: "20m" };

  test("queue lets each run wait for its turn", () => {
    const load = pipeline(
      "load",
      { maxActiveRuns: 1, on: { files: updated(files, { each: true }) } },
      ({ task }) => task("work", () => 1),
    );
    const { runs } = simulate([load], timeline, options);
    expect(runs.map(({ startedBy, state }) => [startedBy, state])).toEqual([
      ["10:00", "succeeded"],
      ["10:05", "succeeded"],
      ["10:06", "succeeded"],
    ]);
    const early = simulate([load], [...updates("10:00", "10:05", "10:06")], options);
    expect(early.runs.map(({ state }) => state)).toEqual(["running", "queued", "queued"]);
  });

  test("skip makes no run, and the update is recorded with the limit", () => {
    const load = pipeline(
      "load",
      { maxActiveRuns: 1, whenActive: "skip", on: { files: updated(files, { each: true }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate([load], timeline, options);
    expect(told(result)).toEqual(["03-02 10:00 by 10:00"]);
    expect(decided(result)).toEqual([
      "10:00: started",
      "10:05: limit_reached",
      "10:06: limit_reached",
    ]);
  });

  test("replace cancels the oldest run in favour of the new one", () => {
    const load = pipeline(
      "load",
      { maxActiveRuns: 1, whenActive: "replace", on: { files: updated(files, { each: true }) } },
      ({ task }) => task("work", () => 1),
    );
    const { runs } = simulate([load], timeline, options);
    expect(runs.map(({ state }) => state)).toEqual(["cancelled", "cancelled", "succeeded"]);
  });
});

describe("while the pipeline is paused or the trigger disabled", () => {
  test.each([
    ["keep", ["03-02 11:00 by 10:06 with 10:05"], ["10:05: included", "10:06: started"]],
    ["drop", [], ["10:05: dropped", "10:06: dropped"]],
    ["latest", ["03-02 11:00 by 10:06"], ["10:05: superseded", "10:06: started"]],
  ] as const)("%s does what it says with what comes", (whilePaused, runs, decisions) => {
    const load = pipeline("load", { on: { files: updated(files, { whilePaused }) } }, ({ task }) =>
      task("work", () => 1),
    );
    for (const off of [load, [load, "files"] as const]) {
      const result = simulate(
        [load],
        [
          { at: "2026-03-02T10:00Z", pause: off },
          ...updates("10:05", "10:06"),
          { at: "2026-03-02T11:00Z", resume: off },
        ],
      );
      expect(told(result)).toEqual(runs);
      expect(decided(result)).toEqual(decisions);
    }
  });

  test("what is kept is told as paused or disabled until then", () => {
    const load = pipeline("load", { on: { files: updated(files) } }, ({ task }) =>
      task("work", () => 1),
    );
    const paused = simulate(
      [load],
      [{ at: "2026-03-02T10:00Z", pause: load }, ...updates("10:05")],
    );
    expect(decided(paused)).toEqual(["10:05: pipeline_paused"]);
    const disabled = simulate(
      [load],
      [{ at: "2026-03-02T10:00Z", pause: [load, "files"] }, ...updates("10:05")],
    );
    expect(decided(disabled)).toEqual(["10:05: trigger_disabled"]);
  });

  test("what a newer one outdoes is told as superseded at once", () => {
    const whilePaused = "latest";
    const load = pipeline("load", { on: { files: updated(files, { whilePaused }) } }, ({ task }) =>
      task("work", () => 1),
    );
    const paused = simulate(
      [load],
      [{ at: "2026-03-02T10:00Z", pause: load }, ...updates("10:05", "10:06")],
    );
    expect(decided(paused)).toEqual(["10:05: superseded", "10:06: pipeline_paused"]);
  });

  test("what waited before the pause stays when nothing comes", () => {
    const batch = { quiet: "1h" };
    const load = pipeline(
      "load",
      { on: { files: updated(files, { batch, whilePaused: "latest" }) } },
      ({ task }) => task("work", () => 1),
    );
    const result = simulate(
      [load],
      [
        ...updates("10:05", "10:06"),
        { at: "2026-03-02T10:10Z", pause: load },
        { at: "2026-03-02T10:20Z", resume: load },
        { until: "2026-03-02T12:00Z" },
      ],
    );
    expect(decided(result)).toEqual(["10:05: included", "10:06: included"]);
  });
});
