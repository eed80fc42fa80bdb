const BRAND: unique symbol = Symbol.for("millrace.not-retryable") as never;

/**
 * Fails the attempt for good: whatever `retries` says, there is no other one.
 *
 * @example
 * if (!file.isFile()) throw new NonRetryable("there is no such file");
 */
export class NonRetryable extends Error {
  override readonly name: string = "NonRetryable";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True across duplicate installs of this package, where `instanceof` is false. */
export function isNotRetryable(value: unknown): value is Error {
  return value instanceof Error && BRAND in value;
}
