import type { BlobStore } from "@millrace/core/internal";
import { toError } from "./copied-error.ts";
import type { Answer, RemoteCalls, ReportMessage } from "./isolate-message.ts";

/** The worker, as the process of an isolated attempt sees it. */
export class RemoteWorker {
  readonly #send: (message: ReportMessage) => void;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(send: (message: ReportMessage) => void) {
    this.#send = send;
  }

  readonly calls: Pick<RemoteCalls, "latestUpdate" | "recordStep" | "setStatus"> = {
    latestUpdate: (...args) => this.#ask("latestUpdate", args),
    recordStep: (...args) => this.#ask("recordStep", args),
    setStatus: (...args) => this.#ask("setStatus", args),
  };

  readonly blobs: BlobStore = {
    put: (...args) => this.#ask("putBlob", args),
    get: (...args) => this.#ask("getBlob", args),
  };

  answered(id: number, answer: Answer): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  #ask<M extends keyof RemoteCalls>(
    method: M,
    args: Parameters<RemoteCalls[M]>,
  ): ReturnType<RemoteCalls[M]> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#asked.set(id, (answer) => {
        if (answer.ok) resolve(answer.value);
        else reject(toError(answer.error));
      });
      this.#send({ type: "ask", id, method, args });
    });
    return answered as ReturnType<RemoteCalls[M]>;
  }
}
