import { type Bar, barChart } from "./bar-chart.ts";
import type { RepeatedResult } from "./repeated.ts";

export interface Chart {
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

const PEERS = "peers-";

/** Ratios against their goals, and those to peers, with all peers of one question side by side. */
export function chartsOf(results: readonly RepeatedResult[]): readonly Chart[] {
  const ratios = results.flatMap((result) => ("ratio" in result ? [result] : []));
  const bars = ratios.map(({ name, ratio, ratioGoal }) => ({
    label: name,
    ratio,
    goal: ratioGoal,
  }));
  const ours = bars.filter(({ label }) => !label.startsWith(PEERS));
  const peers = bars
    .filter(({ label }) => label.startsWith(PEERS))
    .map((bar) => ({ ...bar, label: bar.label.slice(PEERS.length) }))
    .toSorted((one, other) => one.label.localeCompare(other.label, "en"));
  return [
    ...chartOf("ratios", "Our time divided by the baseline's; the mark is the goal", ours),
    ...chartOf("peers", "Our time divided by a peer's; the mark is the goal", peers),
  ];
}

function chartOf(name: string, title: string, bars: readonly Bar[]): readonly Chart[] {
  return bars.length === 0 ? [] : [{ name, title, svg: barChart(title, bars) }];
}
