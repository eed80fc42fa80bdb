/** What a child says of itself each second: CPU that it has used since it was started. */
export interface Heartbeat {
  readonly cpuMs: number;
}

/** Nothing was heard for so long: its event loop is blocked, or it is gone. */
const SILENT_MS = 180_000;
/** It was heard, and did nothing for so long: it waits for what will never come. */
const IDLE_MS = 60_000;
const IDLE_CPU_MS = 300;
/** It works, and never ends. CPU, so that a busy machine makes nobody late. */
const CPU_MS_MAX = 90_000;

/** Watches one seed, and says when it hangs. */
export class StallWatch {
  #heardMs: number;
  #movedMs: number;
  #firstCpuMs: number | null = null;
  #movedCpuMs = 0;
  #cpuMs = 0;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
    this.#movedMs = nowMs;
  }

  hear({ cpuMs }: Heartbeat, nowMs: number): void {
    this.#heardMs = nowMs;
    this.#firstCpuMs ??= cpuMs;
    this.#cpuMs = cpuMs;
    if (cpuMs - this.#movedCpuMs < IDLE_CPU_MS) return;
    this.#movedCpuMs = cpuMs;
    this.#movedMs = nowMs;
  }

  /** Half a sentence; null while all is well. */
  problem(nowMs: number): string | null {
    if (nowMs - this.#heardMs > SILENT_MS) return "was not heard of for three minutes";
    // Heard all the time, it would have got something done.
    const isIdle = this.#heardMs - this.#movedMs > IDLE_MS;
    if (isIdle) return "has done nothing for a minute, and has not ended";
    const usedMs = this.#cpuMs - (this.#firstCpuMs ?? this.#cpuMs);
    return usedMs > CPU_MS_MAX ? "has used 90 s of CPU, and has not ended" : null;
  }
}
