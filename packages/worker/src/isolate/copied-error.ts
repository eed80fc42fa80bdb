import {
  type ErrorCode,
  type ErrorData,
  type JsonValue,
  MillraceError,
} from "@millrace/core/internal";
import { isDataError } from "../data-error.ts";
import type { CopiedError } from "./isolate-message.ts";

/** A class of SQLSTATE that says: repeating it would fail again. */
const DATA_CODE = "22000";

/** An error as a message carries it. */
export function copyError(error: unknown): CopiedError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), code: null, data: null };
  }
  const { name, message } = error;
  if (MillraceError.is(error)) {
    return { name, message, code: error.code, data: error.data as unknown as JsonValue };
  }
  // The code may be that of a cause, which stays behind.
  const own = "code" in error && typeof error.code === "string" ? error.code : null;
  return { name, message, code: isDataError(error) ? DATA_CODE : own, data: null };
}

export function toError({ name, message, code, data }: CopiedError): Error {
  if (name === "MillraceError" && code !== null) {
    return new MillraceError(code as ErrorCode, data as unknown as ErrorData[ErrorCode], message);
  }
  const error = Object.assign(new Error(message), code === null ? {} : { code });
  error.name = name;
  return error;
}
