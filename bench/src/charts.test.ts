import { expect, test } from "vitest";
import { chartsOf } from "./charts.ts";
import { countResult, once, ratioResult } from "./result-samples.ts";

test("what is no ratio is on no chart", () => {
  expect(chartsOf([once(countResult("memory", 80))])).toEqual([]);
});

test("peers have a chart of their own, with those of one question side by side", () => {
  const names = ["peers-chain-dbos", "peers-tasks-dbos", "engine-chain", "peers-chain-airflow"];
  const charts = chartsOf(names.map((name) => once(ratioResult(name, 2))));
  expect(charts.map(({ name }) => name)).toEqual(["ratios", "peers"]);
  const [ratios, peers] = charts.map(({ svg }) =>
    [...svg.matchAll(/>([a-z]+-[a-z-]+)<\/text>/g)].map(([, label]) => label),
  );
  expect(ratios).toEqual(["engine-chain"]);
  expect(peers).toEqual(["chain-airflow", "chain-dbos", "tasks-dbos"]);
});
