/**
 * Whether a key matches a glob, by trying every reading: slow, and plainly right. Within a
 * segment `*` is any number of characters and `?` one; a segment that is `*` alone is not empty; a
 * segment `**` is any number of whole segments, and at the end whatever follows.
 */
export function matchesByRule(glob: string, key: string): boolean {
  return segmentsFit(glob.split("/"), key.split("/"));
}

function segmentsFit(globs: readonly string[], keys: readonly string[]): boolean {
  const [glob, ...rest] = globs;
  if (glob === undefined) return keys.length === 0;
  if (glob === "**") {
    // At the end it stands for something: `a/**` does not take the key `a`.
    if (rest.length === 0) return keys.length > 0;
    return segmentsFit(rest, keys) || (keys.length > 0 && segmentsFit(globs, keys.slice(1)));
  }
  const [key, ...others] = keys;
  return key !== undefined && segmentFits(glob, key) && segmentsFit(rest, others);
}

function segmentFits(glob: string, key: string): boolean {
  return glob === "*" ? key !== "" : textFits(glob, key);
}

function textFits(glob: string, text: string): boolean {
  if (glob === "") return text === "";
  if (glob.startsWith("*"))
    return textFits(glob.slice(1), text) || (text !== "" && textFits(glob, text.slice(1)));
  return (
    text !== "" &&
    (glob.startsWith("?") || glob[0] === text[0]) &&
    textFits(glob.slice(1), text.slice(1))
  );
}
