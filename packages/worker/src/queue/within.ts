/**
 * What `work` gives, or `otherwise` once `budgetMs` have passed or it has failed. Never rejects;
 * work that comes too late is left to itself.
 */
export async function within<T>(
  budgetMs: number,
  otherwise: T,
  work: () => Promise<T>,
  onError: (error: unknown) => void,
): Promise<T> {
  const { promise: timedOut, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(resolve, budgetMs, otherwise);
  const done = work().catch((error: unknown) => {
    onError(error);
    return otherwise;
  });
  try {
    return await Promise.race([done, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
