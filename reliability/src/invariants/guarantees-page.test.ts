import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { INVARIANTS } from "./invariants.ts";

const JUDGED_AT = {
  trigger: "each transition and commit",
  always: "each committed state",
  quiescent: "at rest",
  elsewhere: "elsewhere",
};
const PAGE = readFileSync(path.join(import.meta.dirname, "../../../docs/guarantees.md"), "utf8");

test("the page of guarantees has the invariants as they are judged", () => {
  const rows = PAGE.split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, id = ""]) => /^I\d+$/.test(id))
    .map(([, id, title, how, where]) => [id, title, how, where]);
  expect(rows).toEqual(
    INVARIANTS.map(({ id, title, how, where }) => [id, title, JUDGED_AT[how], where]),
  );
});
