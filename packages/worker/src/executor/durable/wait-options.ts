import { isRecord, NonRetryable, parseDurationMs } from "@millrace/core/internal";

/** What is asked for cannot be asked for: the handler has to be changed. */
export function misuse(what: string, mend: string): NonRetryable {
  return new NonRetryable(`${what}: ${mend}`);
}

/** @returns Null when nothing was said. */
export function durationMs(what: string, text: unknown): number | null {
  if (text === undefined) return null;
  const ms = typeof text === "string" ? parseDurationMs(text) : null;
  if (ms !== null) return ms;
  throw misuse(`${what} ${told(text)} is no duration`, 'write e.g. "90s", "5m" or "1h30m"');
}

/** The options of a wait, read without trust: nobody compiles plain JavaScript. */
export function optionsOf(what: string, given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (isRecord(given)) return given;
  throw misuse(`the options of ${what} are no object`, "write { name: …, timeout: … }");
}

/** @returns Null when nothing was said. */
export function nameIn(options: Readonly<Record<string, unknown>>): string | null {
  const name = options["name"];
  if (name === undefined) return null;
  if (typeof name === "string") return name;
  throw misuse(`the name ${told(name)} of a wait is no text`, 'write { name: "…" }');
}

/** How a message shows what it was given. */
export function told(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 200)) : typeof value;
}
