/** Lines for people, on stderr: stdout is for the result. */
export interface Screen {
  say(text?: string): void;
  /** One thing that has just happened, with the time since the start. */
  tell(what: string, ...cells: readonly string[]): void;
  elapsedMs(): number;
}

/** Of all cells but the last, which may be as long as it is. */
const WIDTHS = [14, 8, 10];

export function openScreen(): Screen {
  const start = performance.now();
  const elapsedMs = (): number => performance.now() - start;
  const say = (text = ""): void => void process.stderr.write(`${text}\n`);
  return {
    say,
    elapsedMs,
    tell(what, ...cells) {
      const time = `${(elapsedMs() / 1_000).toFixed(2)} s`.padStart(9);
      const aligned = cells.map((cell, index) =>
        index === cells.length - 1 ? cell : cell.padEnd(WIDTHS[index] ?? 0),
      );
      say([time, what.padEnd(7), ...aligned].join("  "));
    },
  };
}

export function milliseconds(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function mebibytes(bytes: number): string {
  return bytes < 100_000
    ? `${(bytes / 1_024).toFixed(1)} KiB`
    : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
