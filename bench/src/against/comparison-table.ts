import { quantile } from "../timing.ts";

/** Figures of one case in two trees, a figure a turn; none where a tree has no such case. */
export interface Compared {
  readonly name: string;
  readonly there: readonly number[];
  readonly here: readonly number[];
}

/** Medians beside each other, in columns; a change below zero is for the better. */
export function comparisonTable(ref: string, compared: readonly Compared[]): string {
  const rows = [["case", ref, "here", "change"], ...compared.map(cellsOf)];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}

function cellsOf({ name, there, here }: Compared): readonly string[] {
  const [before, now] = [median(there), median(here)];
  return [name, text(before), text(now), changeText(before, now)];
}

function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : quantile(values, 0.5);
}

function text(value: number | null): string {
  return value === null ? "–" : value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}

function changeText(before: number | null, now: number | null): string {
  if (before === null || now === null || before === 0) return "–";
  const percent = Math.round((now / before - 1) * 100);
  return `${percent > 0 ? "+" : percent < 0 ? "−" : "±"}${Math.abs(percent)} %`;
}
