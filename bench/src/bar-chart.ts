/** One figure against another: below 1 is faster. */
export interface Bar {
  readonly label: string;
  readonly ratio: number;
  /** What it is to be at most; null without a goal. */
  readonly goal: number | null;
}

const LABELS_WIDTH = 240;
const BARS_WIDTH = 440;
const VALUES_WIDTH = 60;
const ROW_HEIGHT = 22;
const HEAD_HEIGHT = 50;
const BAR_HEIGHT = 12;

/** Colours that can be read on white and on black; the page decides which it is. */
const STYLE = `text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.line { stroke: #8c959f; stroke-width: 1 }
.even { stroke: #57606a; stroke-width: 1.5 }
.goal { stroke: #1f2328; stroke-width: 2 }
.met { fill: #2da44e }
.missed { fill: #cf222e }
.none { fill: #6e7781 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .line { stroke: #484f58 }
  .even { stroke: #8b949e }
  .goal { stroke: #e6edf3 }
}`;

/** Bars from 1 to their ratio on a logarithmic scale, and a mark where their goal is, as an SVG. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const marks = decades(
    bars.flatMap(({ ratio, goal }) => (goal === null ? [ratio] : [ratio, goal])),
  );
  const [low = 0.1, high = 10] = [marks.at(0), marks.at(-1)];
  const place = (ratio: number): number =>
    LABELS_WIDTH + (BARS_WIDTH * Math.log(ratio / low)) / Math.log(high / low);
  const width = LABELS_WIDTH + BARS_WIDTH + VALUES_WIDTH;
  const height = HEAD_HEIGHT + bars.length * ROW_HEIGHT + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="8" y="18">${escape(title)}</text>`,
    ...marks.map((mark) => scaleMark(mark, place(mark), height)),
    ...bars.flatMap((bar, row) => barRow(bar, HEAD_HEIGHT + row * ROW_HEIGHT, place)),
    "</svg>\n",
  ].join("\n");
}

/** Powers of ten around 1 and around all figures: both ends of the scale are among them. */
function decades(figures: readonly number[]): readonly number[] {
  const low = Math.floor(Math.log10(Math.min(0.5, ...figures)));
  const high = Math.ceil(Math.log10(Math.max(2, ...figures)));
  return Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
}

function scaleMark(mark: number, x: number, height: number): string {
  const at = x.toFixed(1);
  return [
    `<line class="${mark === 1 ? "even" : "line"}" x1="${at}" x2="${at}" y1="${HEAD_HEIGHT - 8}" y2="${height - 6}"/>`,
    `<text x="${at}" y="${HEAD_HEIGHT - 12}" text-anchor="middle">${Number(mark.toPrecision(1))}</text>`,
  ].join("\n");
}

function barRow(
  { label, ratio, goal }: Bar,
  top: number,
  place: (ratio: number) => number,
): readonly string[] {
  const [from, to] = [Math.min(1, ratio), Math.max(1, ratio)].map(place) as [number, number];
  const judged = goal === null ? "none" : ratio <= goal ? "met" : "missed";
  const base = top + BAR_HEIGHT - 1;
  const text = ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2);
  const goalAt = goal === null ? null : place(goal).toFixed(1);
  return [
    `<text x="${LABELS_WIDTH - 8}" y="${base}" text-anchor="end">${escape(label)}</text>`,
    `<rect class="${judged}" x="${from.toFixed(1)}" y="${top}" width="${Math.max(1, to - from).toFixed(1)}" height="${BAR_HEIGHT}"/>`,
    ...(goalAt === null
      ? []
      : [
          `<line class="goal" x1="${goalAt}" x2="${goalAt}" y1="${top - 3}" y2="${top + BAR_HEIGHT + 3}"/>`,
        ]),
    `<text x="${LABELS_WIDTH + BARS_WIDTH + VALUES_WIDTH - 8}" y="${base}" text-anchor="end">${text}</text>`,
  ];
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
