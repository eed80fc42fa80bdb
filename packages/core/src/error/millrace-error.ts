/** Every expected failure, with the data that a caller needs to act on it. Codes are public API. */
export interface ErrorData {
  /** A definition cannot be registered. `problems` are complete sentences, each with its mend. */
  DEFINITION_INVALID: { problems: readonly string[] };
  /** A name that nothing answers to. */
  NOT_FOUND: { what: string; name: string };
  /** Input from outside that breaks its declared form. */
  INPUT_INVALID: { what: string; issues: readonly string[] };
  /** An older deployment, or an operation on something that has moved on. */
  CONFLICT: { what: string; detail: string };
  /** Somebody may not do this; one of the roles in `needs` would let them. */
  FORBIDDEN: { what: string; needs: readonly string[] };
  /** What a handler returned or announced cannot be stored. */
  OUTPUT_INVALID: { what: string; issues: readonly string[] };
  /** The database has an older or newer schema than this code. */
  SCHEMA_MISMATCH: { found: number; wanted: number };
  /** The embedded database's directory is open in another process. */
  DIRECTORY_LOCKED: { directory: string; holder: string };
  /** A service that this process was told to use cannot be used as it is set up. */
  SERVICE_UNFIT: { service: string; detail: string };
  STORE_UNAVAILABLE: { operation: string };
}
export type ErrorCode = keyof ErrorData;

const BRAND = Symbol.for("millrace.error");

/**
 * An expected failure, which a caller can handle by its code. A bug in our own code throws
 * `InvariantError` instead and is never handled.
 */
export class MillraceError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "MillraceError";
  readonly code: C;
  readonly data: Readonly<ErrorData[C]>;

  constructor(code: C, data: ErrorData[C], message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.data = data;
  }

  /** True across duplicate installs of this package, where `instanceof` is false. */
  static is<C extends ErrorCode>(value: unknown, code?: C): value is MillraceError<C> {
    if (!(value instanceof Error && BRAND in value && "code" in value)) return false;
    return code === undefined || value.code === code;
  }
}

/** One error for all problems of a definition, each on a line of its own. */
export function definitionInvalid(
  problems: readonly string[],
): MillraceError<"DEFINITION_INVALID"> {
  const text = problems.length === 1 ? problems[0] : problems.map((p) => `- ${p}`).join("\n");
  return new MillraceError("DEFINITION_INVALID", { problems }, text ?? "invalid definition");
}
