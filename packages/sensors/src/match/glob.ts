import { Minimatch } from "minimatch";

/**
 * Whether a key matches a glob of `*`, `?` and `**`; everything else in it is an ordinary
 * character. Minimatch is told to leave out what S3 keys do not know: braces, extended globs,
 * negation, comments, hidden files, drive letters, and the merging of slashes.
 *
 * @param path - A path that `parseUriTemplate` took, without slots.
 */
export function globMatcher(path: string): (key: string) => boolean {
  // Character classes and escapes are the only syntax that no option switches off.
  const pattern = path.replaceAll(/[\\[\]]/g, String.raw`\$&`);
  const glob = new Minimatch(pattern, {
    nobrace: true,
    noext: true,
    nonegate: true,
    nocomment: true,
    dot: true,
    preserveMultipleSlashes: true,
    optimizationLevel: 0,
    platform: "linux",
  });
  return (key) => glob.match(key);
}
