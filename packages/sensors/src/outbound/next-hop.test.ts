import { expect, test } from "vitest";
import { allowedTargets, PUBLIC_ONLY } from "./allowed-targets.ts";
import { allowedAfter } from "./next-hop.ts";

const allow = allowedTargets(["airflow.internal", "10.0.0.0/8"]);

test.each([
  ["https://public.example/", "http://airflow.internal/", false, PUBLIC_ONLY],
  ["https://public.example/", "http://10.0.0.7/", false, PUBLIC_ONLY],
  ["https://public.example/", "https://public.example/again", false, allow],
  ["http://airflow.internal/", "https://airflow.internal/", true, allow],
  ["http://airflow.internal/", "http://login.internal/", true, allow],
] as const)("a redirect from %s to %s, answered inside: %s", (from, to, isInside, expected) => {
  expect(allowedAfter(new URL(from), new URL(to), { allow, isInside })).toBe(expected);
});
