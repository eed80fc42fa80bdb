import type { Catch } from "./hunt.ts";

/** The table of who caught what, for a terminal. */
export function catchTable(catches: readonly Catch[]): string {
  const rows = catches.map((each) => [
    each.mutant,
    each.by ?? "NOBODY",
    each.invariants.join(" ") || "-",
    each.seed === null ? "-" : String(each.seed),
    `${each.seconds} s`,
    each.what.replaceAll(/\s+/g, " ").slice(0, 90),
  ]);
  const all = [["mutant", "caught by", "invariants", "seed", "after", "what was seen"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
