const WRITTEN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * A W3C `traceparent` as it is sent on: of a later version, what this one knows of it.
 *
 * @returns Null for what is none. As W3C has it, a story then begins a trace of its own: a broken
 *   header is no reason to refuse what came with it.
 */
export function knownTraceparent(text: string): string | null {
  const [, version, trace, parent, flags, more] = WRITTEN.exec(text) ?? [];
  if (trace === undefined || parent === undefined || flags === undefined) return null;
  if (version === "ff" || /^0+$/.test(trace) || /^0+$/.test(parent)) return null;
  if (version === "00") return more === undefined ? text : null;
  return `00-${trace}-${parent}-0${Number.parseInt(flags, 16) & 1}`;
}
