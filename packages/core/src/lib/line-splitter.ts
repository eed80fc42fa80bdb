const LINE_LENGTH_MAX = 8_192;

/** Cuts a stream of text into lines, of which very long ones are told in pieces. */
export class LineSplitter {
  readonly #tell: (line: string) => void;
  #rest = "";

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  write(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#tellLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    // What never ends its line must not fill the memory.
    while (this.#rest.length > LINE_LENGTH_MAX) {
      this.#tell(this.#rest.slice(0, LINE_LENGTH_MAX));
      this.#rest = this.#rest.slice(LINE_LENGTH_MAX);
    }
  }

  /** Tells the last line, if no line break ended it. */
  end(): void {
    if (this.#rest !== "") this.#tell(this.#rest);
    this.#rest = "";
  }

  #tellLine(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LINE_LENGTH_MAX) {
      this.#tell(line.slice(at, at + LINE_LENGTH_MAX));
    }
  }
}
