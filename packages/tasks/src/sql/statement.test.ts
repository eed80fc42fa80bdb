import { expect, test } from "vitest";
import { shownStatement, SqlName, statementOf } from "./statement.ts";

test("values become parameters, and names stay in the text", () => {
  const name = new SqlName(["sales", 'or"der']);
  const statement = statementOf(["select * from ", " where a = ", " or b = ", ""], [name, 1, null]);
  expect(statement).toEqual({
    text: 'select * from "sales"."or""der" where a = $1 or b = $2',
    values: [1, null],
  });
});

test("what is shown is one line, cut, and without values", () => {
  const statement = statementOf(["\n  select\n  ", ""], ["secret"]);
  expect(shownStatement(statement)).toBe("select $1");
  expect(shownStatement({ text: "x".repeat(1_000), values: [] })).toHaveLength(501);
});
