import type { MonthSummary } from "./month-summary.ts";
import { latePercent, strikeRate } from "./report.ts";

const WIDTH = 640;
const PANEL_HEIGHT = 160;
const MARGIN = { left: 16, top: 34, bottom: 26 };

/** One value a month. */
interface Panel {
  readonly title: string;
  readonly color: string;
  readonly valueOf: (month: MonthSummary) => number;
}

const PANELS: readonly Panel[] = [
  { title: "late flights, %", color: "#4c78a8", valueOf: latePercent },
  { title: "bird strikes in 100,000 flights", color: "#e45756", valueOf: strikeRate },
];

/** Two bar charts, one below the other, because two axes in one chart compare what they like. */
export function drawChart(months: readonly MonthSummary[]): string {
  const sorted = months.toSorted((a, b) => (a.month < b.month ? -1 : 1));
  const height = PANELS.length * PANEL_HEIGHT;
  const panels = PANELS.map((panel, index) => drawPanel(panel, sorted, index * PANEL_HEIGHT));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" \
height="${height}" font-family="sans-serif" font-size="12" fill="#333">
<rect width="100%" height="100%" fill="#fff"/>
${panels.join("\n")}
</svg>
`;
}

function drawPanel(panel: Panel, months: readonly MonthSummary[], y: number): string {
  const values = months.map(panel.valueOf);
  const max = Math.max(...values, Number.MIN_VALUE);
  const step = (WIDTH - 2 * MARGIN.left) / Math.max(1, months.length);
  const base = y + PANEL_HEIGHT - MARGIN.bottom;
  const room = PANEL_HEIGHT - MARGIN.top - MARGIN.bottom - 14;
  const bars = months.map(({ month }, index) => {
    const value = values[index] ?? 0;
    const tall = (value / max) * room;
    const left = MARGIN.left + index * step;
    const middle = (left + step / 2).toFixed(1);
    return `<rect x="${(left + step * 0.15).toFixed(1)}" y="${(base - tall).toFixed(1)}" \
width="${(step * 0.7).toFixed(1)}" height="${tall.toFixed(1)}" fill="${panel.color}"/>
<text x="${middle}" y="${(base - tall - 4).toFixed(1)}" text-anchor="middle">${value.toFixed(1)}</text>
<text x="${middle}" y="${base + 16}" text-anchor="middle">${month}</text>`;
  });
  return `<text x="${MARGIN.left}" y="${y + 20}" font-weight="bold">${panel.title}</text>
${bars.join("\n")}`;
}
