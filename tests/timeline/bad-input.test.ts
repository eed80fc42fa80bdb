import { daily, dataset, pipeline, updated } from "@millrace/core";
import { simulate, timelineText } from "@millrace/testing";
import { expect, test } from "vitest";

const date = daily({ start: "2026-01-01" });
const files = dataset("files", { partitions: { date } });
const load = pipeline("load", { partitions: { date }, on: { files: updated(files) } }, ({ task }) =>
  task("work", () => 1),
);
const stranger = pipeline("stranger", {}, ({ task }) => task("work", () => 1));
const at = "2026-03-01T10:00Z";

test.each([
  [
    "is out of order",
    () => simulate([load], [{ until: at }, { until: "2026-03-01T09:00Z" }]),
    "entry 2 out of order: 2026-03-01T09:00:00.000Z is before 2026-03-01T10:00:00.000Z",
  ],
  [
    "names a pipeline that is not simulated",
    () => simulate([load], [{ at, pause: stranger }]),
    "the pipeline stranger: it is not among the pipelines given",
  ],
  [
    "names a trigger that the pipeline lacks",
    () => simulate([load], [{ at, pause: [load, "fils"] }]),
    'the trigger "fils" of load: it has none but files',
  ],
  [
    "has a partition that is none",
    () => simulate([load], [{ at, update: files, partition: { date: "yesterday" } }]),
    'an update of files: partition key "date": "yesterday" is no day',
  ],
  [
    "leaves a partition key out",
    () => simulate([load], [{ at, run: load }]),
    'a run of load: partition key "date": nothing is given',
  ],
  [
    "ends what does not run",
    () => simulate([load], [{ at, ends: load }]),
    "the end of a run of load: no such run is active then",
  ],
  [
    "has a time that is none",
    () => simulate([load], [{ until: "tomorrow" }]),
    'entry 1: "tomorrow" is no time',
  ],
  [
    "has runs of a length that is none",
    () =>
      simulate([load], [{ at, run: load, partition: { date: "2026-02-01" } }], { takes: "long" }),
    'takes in its options: "long" is no duration',
  ],
])("a timeline that %s is refused with the place and the mend", (_, run, message) => {
  expect(run).toThrow(message);
});

test("the text of a result tells every decision and every run in a line", () => {
  const result = simulate(
    [load],
    [
      { at, update: files, partition: { date: "2026-02-01" } },
      { at: "2026-03-01T11:00Z", pause: load },
      { at: "2026-03-01T12:00Z", update: files, partition: { date: "2026-02-02" } },
    ],
  );
  expect(timelineText(result)).toBe(
    `2026-03-01T10:00:00.000Z files date=2026-02-01 at load.files: started run 1
2026-03-01T12:00:00.000Z files date=2026-02-02 at load.files: pipeline_paused

run 1 load date=2026-02-01 2026-03-01T10:00:00.000Z by files date=2026-02-01: succeeded`,
  );
});
