import type { Life } from "./life.ts";

/** What cannot be reached for a while, and by whom. */
export class Outages {
  readonly #now: () => number;
  /** By process; `*` is everybody. */
  readonly #blockedUntil = new Map<string, number>();
  #deafUntil = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  blockDatabase(process: string | undefined, untilMs: number): void {
    this.#blockedUntil.set(process ?? EVERYBODY, untilMs);
  }

  deafen(untilMs: number): void {
    this.#deafUntil = untilMs;
  }

  end(): void {
    this.#blockedUntil.clear();
    this.#deafUntil = -Infinity;
  }

  get isDeaf(): boolean {
    return this.#now() < this.#deafUntil;
  }

  isBlocked({ name }: Pick<Life, "name">): boolean {
    const [process = name] = name.split("/");
    const ends = [this.#blockedUntil.get(EVERYBODY), this.#blockedUntil.get(process)];
    return ends.some((end) => end !== undefined && this.#now() < end);
  }
}

const EVERYBODY = "*";
