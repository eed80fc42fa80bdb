import { verdictOf } from "./harness.ts";
import type { RepeatedResult } from "./repeated.ts";
import { figure } from "./result-text.ts";

const HEAD = ["case", "ratio or value", "spread", "goal", "met"];

/** All results in a table of Markdown, those with a goal first, each a link to its section. */
export function resultsTable(results: readonly RepeatedResult[]): string {
  const isJudged = (result: RepeatedResult) => verdictOf(result).ok !== null;
  const inOrder = [...results.filter(isJudged), ...results.filter((each) => !isJudged(each))];
  const rows = [HEAD, HEAD.map(() => "---"), ...inOrder.map(cellsOf)];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function cellsOf(result: RepeatedResult): readonly string[] {
  const { value, goal, ok } = verdictOf(result);
  const unit = "ratio" in result ? "" : result.unit;
  return [
    `[${result.name}](#${result.name})`,
    figure(value, unit),
    spreadOf(result, unit),
    goal === null ? "–" : `at most ${figure(goal, unit)}`,
    ok === null ? "–" : ok ? "yes" : "**no**",
  ];
}

/** Of several runs the least and the most; of one its quartiles, if it is a ratio. */
function spreadOf(result: RepeatedResult, unit: string): string {
  const { runs } = result;
  const quartiles = "ratio" in result ? result.ratioSpread : null;
  const [low, high] = runs.length > 1 ? [Math.min(...runs), Math.max(...runs)] : (quartiles ?? []);
  if (low === undefined || high === undefined) return "–";
  return `${figure(low, "")} to ${figure(high, unit)}`;
}
