/** Of Node's options, those that decide what code is loaded, and how. */
const KEPT = /^(--conditions|-C|--import|--require|-r|--(experimental-)?loader|--env-file.*)(=|$)/;

/**
 * Node's options for the process of an attempt: it loads code as this process does, and nothing
 * else of how this one was started (a debugger's port, a memory limit, a profiler) is its own.
 *
 * @param given - `process.execArgv`.
 * @param isSource - Our own packages run as they were written.
 */
export function childArguments(
  given: readonly string[],
  { memoryMb, isSource }: { readonly memoryMb: number | null; readonly isSource: boolean },
): readonly string[] {
  const kept: string[] = [];
  for (const [at, argument] of given.entries()) {
    if (!KEPT.test(argument)) continue;
    kept.push(argument);
    const value = given[at + 1];
    if (!argument.includes("=") && value !== undefined) kept.push(value);
  }
  const source = "--conditions=@millrace/source";
  if (isSource && !kept.includes(source)) kept.push(source);
  if (memoryMb !== null) kept.push(`--max-old-space-size=${Math.ceil(memoryMb)}`);
  return kept;
}
