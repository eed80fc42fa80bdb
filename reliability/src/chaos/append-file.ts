import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { JsonValue } from "@millrace/core/internal";

/** A file of JSON lines that outlives whoever writes it: each line is with the system at once. */
export class AppendFile {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(line: JsonValue): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  /** Writes, and waits until it is on the disk. */
  writeSurely(line: JsonValue): void {
    this.write(line);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
