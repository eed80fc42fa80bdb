import { inputInvalid } from "./input-invalid.ts";

/**
 * `key=value` arguments as a record. The value is everything behind the first `=`.
 *
 * @param form - How they are to be written, in the words of the option.
 * @throws {INPUT_INVALID} Without a `=` or a key, or when a key comes twice.
 */
export function toRecord(
  option: string,
  pairs: readonly string[],
  form = "key=value",
): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1)
      throw inputInvalid(option, [`Write ${option} as ${form}; ${pair} is not written so.`]);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  const keys = entries.map(([key]) => key);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) {
    throw inputInvalid(option, [`${option} names ${twice} twice; give it once.`]);
  }
  return Object.fromEntries(entries);
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
