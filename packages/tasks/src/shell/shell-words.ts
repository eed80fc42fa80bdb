/** What a template may interpolate: a list makes as many arguments. */
export type ShellValue = string | number | boolean | readonly (string | number | boolean)[];

/** What a shell would give a meaning to, which nothing does here. */
const SHELL_SYNTAX = /["'`$|&;<>()*?[\]{}~#\\]/;

/**
 * The arguments that a template stands for: its own text is split at spaces, and an interpolated
 * value is (a part of) one argument, whatever it holds.
 *
 * @throws TypeError When the text has what only a shell would understand.
 */
export function wordsOf(texts: readonly string[], values: readonly ShellValue[]): string[] {
  const words: string[] = [];
  let open: string | null = null;
  for (const [at, text] of texts.entries()) {
    const syntax = SHELL_SYNTAX.exec(text)?.[0];
    if (syntax !== undefined) throw new TypeError(syntaxMessage(syntax));
    for (const [index, part] of text.split(/\s+/).entries()) {
      if (index > 0 && open !== null) {
        words.push(open);
        open = null;
      }
      if (part !== "") open = (open ?? "") + part;
    }
    if (at >= values.length) continue;
    const value = values[at] ?? "";
    if (!Array.isArray(value)) {
      open = (open ?? "") + String(value);
      continue;
    }
    if (open !== null) throw new TypeError("a list stands alone, with spaces around it");
    words.push(...value.map(String));
    if (/^\S/.test(texts[at + 1] ?? "")) {
      throw new TypeError("a list stands alone, with spaces around it");
    }
  }
  return open === null ? words : [...words, open];
}

/**
 * A script with a parameter in the place of each interpolated value, so that no value is ever read
 * as code.
 */
export function scriptOf(
  texts: readonly string[],
  values: readonly ShellValue[],
): { readonly script: string; readonly parameters: readonly string[] } {
  const parameters: string[] = [];
  let script = texts[0] ?? "";
  for (const [at, value] of values.entries()) {
    const all = Array.isArray(value) ? value.map(String) : [String(value)];
    script += all.map((text) => `"\${${parameters.push(text)}}"`).join(" ");
    script += texts[at + 1] ?? "";
  }
  return { script, parameters };
}

function syntaxMessage(syntax: string): string {
  return (
    `shell: ${syntax} has no meaning here, because no shell reads the command. Interpolate it ` +
    `as a value (\${${JSON.stringify(syntax)}}), or write a script with shell.script\`…\``
  );
}
