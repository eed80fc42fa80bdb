/** A bug that is planted into a copy of the shipped code, to see who notices. */
export interface Mutant {
  /** One word or two, for the table and for `--only`. */
  readonly name: string;
  /** What a programmer might have got wrong, in a sentence. */
  readonly bug: string;
  readonly patches: readonly Patch[];
}

/** A replacement in one file. */
export interface Patch {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** @throws When the text to be replaced is not there, or more than once: the code has moved on. */
export function applyPatch(text: string, { file, from, to }: Patch): string {
  const count = text.split(from).length - 1;
  if (count === 1) return text.replace(from, () => to);
  throw new Error(
    `The text to replace stands ${count} times in ${file}, and must stand there once:\n${from}\n` +
      `Bring the mutant up to date with the code.`,
  );
}
