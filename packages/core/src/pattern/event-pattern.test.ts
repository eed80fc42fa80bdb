import { expect, test } from "vitest";
import { compileEventPattern, eventPatternProblem } from "./event-pattern.ts";

test.each([
  ["ticket.*", "ticket.stale", true],
  ["ticket.*", "ticket", false],
  ["ticket.*", "ticket.stale.again", false],
  ["ticket.*", "tickets.stale", false],
  ["ticket.**", "ticket", true],
  ["ticket.**", "ticket.a.b", true],
  ["ticket.**", "tickets", false],
  ["**.failed", "a.b.failed", true],
  ["ticket.{new,stale}", "ticket.stale", true],
  ["ticket.{new,stale}", "ticket.old", false],
])("%s matches %s: %s", (pattern, name, matches) => {
  expect(compileEventPattern(pattern).match(name)).toBe(matches);
});

test.each([
  ["**", /matches every event/],
  ["*.**", /matches every event/],
  ["ticket", /one event only/],
  ["ticket..*", /empty segment/],
  ["ticket.st*", /a segment is/],
  ["ticket.{a,B}", /between its braces/],
  ["*.".repeat(17) + "x", /17 wildcards/],
  ["a".repeat(300), /256 characters/],
  ["ticket.*", null],
  ["ticket.{a,b}", null],
])("%s has the problem %s", (pattern, problem) => {
  if (problem === null) expect(eventPatternProblem(pattern)).toBeNull();
  else expect(eventPatternProblem(pattern)).toMatch(problem);
});
