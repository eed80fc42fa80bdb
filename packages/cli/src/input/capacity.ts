import { parseMemoryMb, type ResourceSpec } from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

const CPU_MAX = 4_096;

/**
 * What a worker declares that its tasks may take together.
 *
 * @returns Undefined when neither is given: it takes whatever comes.
 * @throws {INPUT_INVALID} When one of them is no number of CPUs, or no size.
 */
export function toCapacity(written: {
  readonly cpu?: string;
  readonly memory?: string;
}): ResourceSpec | undefined {
  const { cpu, memory } = written;
  if (cpu === undefined && memory === undefined) return undefined;
  return {
    ...(cpu !== undefined && { cpu: toCpu(cpu) }),
    ...(memory !== undefined && { memoryMb: toMemoryMb(memory) }),
  };
}

function toCpu(text: string): number {
  const cpu = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (cpu > 0 && cpu <= CPU_MAX) return cpu;
  throw inputInvalid("--cpu", [
    `--cpu is ${text}; write a number above 0 and up to ${CPU_MAX}, e.g. 4 or 0.5.`,
  ]);
}

function toMemoryMb(text: string): number {
  const memoryMb = parseMemoryMb(text);
  if (memoryMb !== null) return memoryMb;
  throw inputInvalid("--memory", [`--memory is ${text}; write a size like 512MiB or 8GiB.`]);
}
