import { expect, test } from "vitest";
import { localTimeAt, placeOf, timezoneProblem } from "./zone.ts";

test.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "US/Eastern"])(
  "%s is a time zone",
  (timezone) => {
    expect(timezoneProblem(timezone)).toBeNull();
  },
);

test.each([
  "",
  " ",
  "Europe/Atlantis",
  "+01:00",
  "-05",
  "CET+1",
  "Europe/Berlin\0",
  "x".repeat(9_999),
])("%j is not a time zone, and the problem says what one is", (timezone) => {
  const problem = timezoneProblem(timezone);
  expect(problem).toMatch(/does not exist; name one of the IANA database/);
  expect(problem?.length).toBeLessThan(300);
});

test("clocks show milliseconds too, also before 1970", () => {
  const at = Date.UTC(1969, 6, 20, 20, 17, 40) + 123;
  expect(localTimeAt("America/New_York", at)).toBe(at - 4 * 3_600_000);
});

test.each([
  ["Europe/Berlin", "2027-03-28T02:30", "never", "2027-03-28T01:00Z"],
  ["Australia/Lord_Howe", "2026-10-04T02:15", "never", "2026-10-03T15:30Z"],
  ["Africa/Cairo", "2026-04-24T00:00", "never", "2026-04-23T22:00Z"],
  ["America/Havana", "2026-03-08T00:59", "never", "2026-03-08T05:00Z"],
  ["Pacific/Apia", "2011-12-30T12:00", "never", "2011-12-30T10:00Z"],
])("in %s nobody sees %s on a clock", (timezone, local, type, end) => {
  expect(placeOf(timezone, Date.parse(`${local}Z`))).toEqual({ type, end: Date.parse(end) });
});

test.each([
  ["Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"],
  ["Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z", "2026-04-04T15:15Z"],
  ["America/Havana", "2026-11-01T00:00", "2026-11-01T04:00Z", "2026-11-01T05:00Z"],
])("in %s the clocks show %s twice", (timezone, local, first, second) => {
  expect(placeOf(timezone, Date.parse(`${local}Z`))).toEqual({
    type: "twice",
    first: Date.parse(first),
    second: Date.parse(second),
  });
});
