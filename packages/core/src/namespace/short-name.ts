import { DEFAULT_NAMESPACE } from "./namespace.ts";

const PREFIX = `${DEFAULT_NAMESPACE}/`;

/** `namespace/name` as people read it: namespaces are shown where they say something. */
export function shortName(id: string): string {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id;
}
