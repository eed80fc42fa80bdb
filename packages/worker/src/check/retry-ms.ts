/**
 * How long a target is left alone that could not be asked: `retryMs * 2^failures`, at most
 * `retryMsMax`, of which chance takes up to a half, so that targets that failed together do not
 * come back together.
 *
 * @param failures - Before this one, without a success in between.
 * @param u - Uniform in [0, 1).
 */
export function retryMs(
  failures: number,
  settings: { readonly retryMs: number; readonly retryMsMax: number },
  u: number,
): number {
  const full = Math.min(settings.retryMs * 2 ** failures, settings.retryMsMax);
  return Math.round(full * (1 - u / 2));
}
