const MACHINE_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const ALIAS = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;

/** Names that rows, URLs and commands carry: of pipelines, tasks, datasets, events, namespaces. */
export function machineNameProblem(name: unknown): string | null {
  if (typeof name === "string" && MACHINE_NAME.test(name)) return null;
  return (
    `the name ${quoted(name)} is not 1 to 63 lower-case letters, digits, ".", "_" and "-", ` +
    "beginning with a letter or digit; rename it"
  );
}

/** Names that only handlers and their pipeline see, which may be identifiers of JavaScript. */
export function aliasProblem(what: string, name: unknown): string | null {
  if (typeof name === "string" && ALIAS.test(name)) return null;
  return (
    `the ${what} name ${quoted(name)} is not 1 to 63 letters, digits, ".", "_" and "-", ` +
    "beginning with a letter; rename it"
  );
}

/** A value as error messages show it: on one line, and cut. */
export function quoted(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
