import { expect, test } from "vitest";
import { hookHint } from "./hook-hint.ts";

test("names the first of the hooks, and who serves them", () => {
  expect(hookHint([{ name: "shop" }])).toContain("hooks shop; start `millrace intake`");
  const many = Array.from({ length: 7 }, (_, at) => ({ name: `h${at}` }));
  expect(hookHint(many)).toContain("hooks h0, h1, h2, h3, h4, 2 more;");
});
