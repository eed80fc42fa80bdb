import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** False switches colours off wherever the output goes. */
  readonly color: boolean;
  readonly verbose: boolean;
}

/** Where the output goes, and what may be assumed of it. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Data goes to stdout and messages to stderr, so that a pipe carries data only. */
export class Terminal {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly #streams: Streams;
  readonly #quiet: boolean;
  readonly #color: boolean;

  constructor(options: TerminalOptions, streams: Streams) {
    this.json = options.json;
    this.verbose = options.verbose;
    this.#streams = streams;
    this.#quiet = options.quiet;
    this.#color = options.color && allowsColor(streams.environment);
  }

  /** Data for people: one line, or several. Nothing with `--json`. */
  print(text: string): void {
    if (!this.json) this.#streams.stdout.write(`${text}\n`);
  }

  /** The command's one JSON document. Nothing without `--json`. */
  document(value: unknown): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** A message, unless it was asked to be quiet. */
  say(text: string): void {
    if (!this.#quiet) this.#streams.stderr.write(`${text}\n`);
  }

  /** What must be read even by those who asked for quiet. */
  warn(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** `text` in a style, where stdout shows styles. */
  styled(style: Style, text: string): string {
    return this.#style(this.#streams.stdout, style, text);
  }

  /** `text` in a style, where stderr shows styles. */
  styledMessage(style: Style, text: string): string {
    return this.#style(this.#streams.stderr, style, text);
  }

  #style(stream: NodeJS.WriteStream, style: Style, text: string): string {
    const isShown = this.#color && stream.isTTY;
    return isShown ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** See no-color.org: any value but the empty one. */
function allowsColor(environment: Streams["environment"]): boolean {
  return !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
}
