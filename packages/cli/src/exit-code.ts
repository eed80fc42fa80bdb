import { type ErrorCode, MillraceError, type RunState } from "@millrace/core/internal";
import { isConnectionError, sqlstateOf } from "@millrace/postgres";

/** How the command ended, for scripts. Public: a number is added, never given another meaning. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  notAuthorized: 4,
  conflict: 5,
  timedOut: 6,
  unreachable: 7,
  invalidDefinitions: 8,
  runFailed: 10,
  runCancelled: 11,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const OF_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  DEFINITION_INVALID: EXIT.invalidDefinitions,
  NOT_FOUND: EXIT.notFound,
  INPUT_INVALID: EXIT.usage,
  CONFLICT: EXIT.conflict,
  FORBIDDEN: EXIT.notAuthorized,
  OUTPUT_INVALID: EXIT.unexpected,
  SCHEMA_MISMATCH: EXIT.conflict,
  DIRECTORY_LOCKED: EXIT.conflict,
  SERVICE_UNFIT: EXIT.unreachable,
  STORE_UNAVAILABLE: EXIT.unreachable,
};

/** The code for whatever was thrown; `unexpected` for what nobody foresaw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (MillraceError.is(error)) return OF_ERROR[error.code];
  if (isRefusedAccess(error)) return EXIT.notAuthorized;
  return isConnectionError(error) || isMissingDatabase(error) ? EXIT.unreachable : EXIT.unexpected;
}

/** The code of a command that waited for a run to end. */
export function exitCodeOfRun(state: RunState): ExitCode {
  if (state === "failed") return EXIT.runFailed;
  return state === "cancelled" ? EXIT.runCancelled : EXIT.ok;
}

/** Wrong user or password (class 28), or a right that is missing (42501). */
function isRefusedAccess(error: unknown): boolean {
  const state = sqlstateOf(error);
  return state !== null && (state.startsWith("28") || state === "42501");
}

function isMissingDatabase(error: unknown): boolean {
  return sqlstateOf(error) === "3D000";
}
