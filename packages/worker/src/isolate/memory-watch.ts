import { readFile } from "node:fs/promises";

const LOOK_EVERY_MS = 250;
/** What Node itself takes, beside what the task's memory is spent on. */
const BASE_MB = 96;

/**
 * Watches how much memory a process holds: the heap limit of V8 does not count buffers. Where the
 * system does not tell (it is no Linux), only the heap is limited.
 *
 * @param onTooLarge - It holds more than `memoryMb` and what Node itself needs.
 * @returns Ends the watch.
 */
export function watchMemory(pid: number, memoryMb: number, onTooLarge: () => void): () => void {
  if (process.platform !== "linux") return () => {};
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => clearInterval(timer);

  async function look(): Promise<void> {
    const residentMb = await residentMbOf(pid);
    if (residentMb === null || residentMb <= memoryMb + BASE_MB) return;
    clearInterval(timer);
    onTooLarge();
  }
}

/** Null when the system does not tell, because it has ended. */
async function residentMbOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}
