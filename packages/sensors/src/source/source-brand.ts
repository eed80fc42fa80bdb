/** Marks what this package's functions declared, also across duplicate installs of it. */
export const SOURCE: unique symbol = Symbol.for("millrace.object-source") as never;

/** What every source has. */
export interface NamedSource {
  readonly [SOURCE]: true;
  readonly name: string;
}

/**
 * Data that nobody changes, known as a source.
 *
 * @param secrets - Also readable from the source, but hidden from logs and from JSON.
 */
export function seal<const T extends object, const S extends object>(
  source: T,
  secrets: S,
): T & S & NamedSource {
  const sealed = { ...source, [SOURCE]: true };
  for (const [name, value] of Object.entries(secrets)) {
    Object.defineProperty(sealed, name, { value });
  }
  return Object.freeze(sealed) as unknown as T & S & NamedSource;
}

/** What is wrong with the name of a source, in complete sentences. */
export function nameProblems(name: string, where: string): readonly string[] {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return [];
  return [
    `${where}: the name ${JSON.stringify(name)} must be 1 to 63 of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit.`,
  ];
}
