/**
 * Whether the whole of `text` fits `glob`: `*` any number of characters, `?` one, all else itself.
 * O(text × glob) at worst: only the last `*` is ever tried again, so nothing backtracks twice.
 */
export function matchesGlob(glob: string, text: string): boolean {
  const pattern = Array.from(glob);
  const characters = Array.from(text);
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let place = 0; place < characters.length;) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      starAt = place;
    } else if (wanted === "?" || (wanted !== undefined && wanted === characters[place])) {
      at++;
      place++;
    } else if (star !== -1) {
      at = star + 1;
      place = ++starAt;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
