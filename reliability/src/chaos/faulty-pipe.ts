import type { Socket } from "node:net";
import type { GateWeather } from "./faulty-gate.ts";

/** One direction of a connection: keeps the order of what is sent, whatever the weather. */
export class FaultyPipe {
  readonly #to: Socket;
  readonly #weather: () => GateWeather;
  #held: Buffer[] = [];
  #isWaiting = false;

  constructor(to: Socket, weather: () => GateWeather) {
    this.#to = to;
    this.#weather = weather;
  }

  send(data: Buffer): void {
    this.#held.push(data);
    if (!this.#isWaiting) this.pump();
  }

  /** Passes on what the weather lets through. */
  pump(): void {
    const { isBlackHole, delayMs } = this.#weather();
    if (isBlackHole || this.#held.length === 0 || this.#isWaiting) return;
    if (delayMs === 0) this.#flush();
    else this.#flushAfter(delayMs);
  }

  #flushAfter(delayMs: number): void {
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      if (this.#weather().isBlackHole) return;
      this.#flush();
    }, delayMs).unref();
  }

  #flush(): void {
    const held = this.#held;
    this.#held = [];
    if (!this.#to.destroyed)
      this.#to.write(held.length === 1 ? (held[0] ?? "") : Buffer.concat(held));
  }
}
