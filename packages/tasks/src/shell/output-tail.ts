/** The last bytes of a stream, so that a talkative command cannot fill the memory. */
export class OutputTail {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isCut = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The beginning is missing. */
  get isCut(): boolean {
    return this.#isCut;
  }

  write(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Cut seldom, so that many small chunks do not cost a copy each.
    if (this.#bytes > 2 * this.#bytesMax) this.#cut();
  }

  text(): string {
    this.#cut();
    const text = Buffer.concat(this.#chunks).toString("utf8");
    // Half of a character at the cut decodes to U+FFFD.
    return this.#isCut ? text.replace(/^\uFFFD+/, "") : text;
  }

  #cut(): void {
    if (this.#bytes <= this.#bytesMax) return;
    const tail = Buffer.concat(this.#chunks).subarray(-this.#bytesMax);
    this.#chunks = [tail];
    this.#bytes = tail.length;
    this.#isCut = true;
  }
}
