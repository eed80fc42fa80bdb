import { StringDecoder } from "node:string_decoder";

const LINE_LENGTH_MAX = 8_192;

/** Cuts a stream of bytes into lines, of which very long ones are told in pieces. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #tell: (line: string) => void;
  #rest = "";

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  /** Tells the last line, if no line break ended it. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== "") this.#tell(this.#rest);
    this.#rest = "";
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#tellAll(line);
    while (this.#rest.length > LINE_LENGTH_MAX) {
      this.#tell(this.#rest.slice(0, LINE_LENGTH_MAX));
      this.#rest = this.#rest.slice(LINE_LENGTH_MAX);
    }
  }

  #tellAll(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LINE_LENGTH_MAX) {
      this.#tell(line.slice(at, at + LINE_LENGTH_MAX));
    }
  }
}
