import type { ExecutorDependencies } from "../executor/execute-attempt.ts";
import { blobsOf } from "../blob/attempt-blobs.ts";
import { copyError } from "./copied-error.ts";
import type { OrderMessage, RemoteCalls, ReportMessage } from "./isolate-message.ts";

type Ask = Extract<ReportMessage, { readonly type: "ask" }>;

/** Does what an isolated attempt asked for. Never rejects: an error is an answer, too. */
export async function answerCall(
  { id, method, args }: Ask,
  dependencies: ExecutorDependencies,
): Promise<OrderMessage> {
  try {
    // The arguments are as our own code in that process sent them.
    const call = callsOf(dependencies)[method] as (...args: readonly unknown[]) => Promise<unknown>;
    return { type: "answer", id, answer: { ok: true, value: await call(...args) } };
  } catch (error) {
    return { type: "answer", id, answer: { ok: false, error: copyError(error) } };
  }
}

function callsOf(dependencies: ExecutorDependencies): RemoteCalls {
  const { latestUpdate, recordStep, setStatus, blobs = null } = dependencies;
  return {
    latestUpdate,
    recordStep,
    setStatus,
    putBlob: (key, bytes) => blobsOf(blobs, "blob.put").put(key, bytes),
    getBlob: (key) => blobsOf(blobs, "blob.get").get(key),
  };
}
