import type { Refusal } from "./reading.ts";

export interface BodyLimits {
  readonly bytesMax: number;
  /** From the first byte of the body to its last. */
  readonly timeoutMs: number;
}

export type ReadBody =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Reads a body, as long as it stays within its limits: no more than `bytesMax` and one chunk are
 * ever held, whatever the sender announced, and one that drips is left after `timeoutMs`.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<ReadBody> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limits.bytesMax) return tooLarge(limits);
  if (request.body === null) return { ok: true, bytes: new Uint8Array() };
  const reader = request.body.getReader();
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(resolve, limits.timeoutMs, "late");
  try {
    const read = await Promise.race([readAll(reader, limits), late]);
    if (read !== "late" && read.ok) return read;
    leave(reader);
    return read === "late" ? tooSlow(limits) : read;
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limits: BodyLimits,
): Promise<ReadBody> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      if (bytes > limits.bytesMax) return tooLarge(limits);
      chunks.push(part.value);
    }
  } catch {
    // The sender went away, or the reading was given up: nobody may be left to hear of it.
    return { ok: false, refusal: { status: 400, message: "The body ended too early." } };
  }
  return { ok: true, bytes: Buffer.concat(chunks) };
}

/** Cancelling waits for the sender, which is what is not wanted any more. */
function leave(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => undefined);
}

function tooLarge({ bytesMax }: BodyLimits): ReadBody {
  const message = `The body is larger than ${bytesMax} bytes; send less at once.`;
  return { ok: false, refusal: { status: 413, message } };
}

function tooSlow({ timeoutMs }: BodyLimits): ReadBody {
  const message = `The body did not come within ${timeoutMs} ms; send it again.`;
  return { ok: false, refusal: { status: 408, message } };
}
