import { DEFAULT_NAMESPACE } from "./namespace.ts";

const PREFIX = `${DEFAULT_NAMESPACE}/`;

/** `namespace/name` as people read it: namespaces are shown where they say something. */
export function shortName(id: string): string {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id;
}

/** `namespace/name` of what people name by both, or by its name alone. */
export function longName(name: string): string {
  return name.includes("/") ? name : `${PREFIX}${name}`;
}
