/** A command did not do what it was to do. */
export class ShellError extends Error {
  override readonly name = "ShellError";
  /** Null when a signal ended it, or it could not be started. */
  readonly exitCode: number | null;
  readonly signal: string | null;

  constructor(message: string, end: { exitCode?: number | null; signal?: string | null } = {}) {
    super(message);
    this.exitCode = end.exitCode ?? null;
    this.signal = end.signal ?? null;
  }
}
