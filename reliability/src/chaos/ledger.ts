import { AppendFile } from "./append-file.ts";

/** Something that the world did to Millrace, and that must have its effects exactly once. */
export interface Intent {
  /** Its name, and its idempotency key. */
  readonly id: string;
  readonly what: "update" | "event" | "run";
  /** The dataset, the type of event, the pipeline. */
  readonly of: string;
}

/** All that was intended, on the disk before anybody tries it. */
export class Ledger {
  readonly #file: AppendFile;
  readonly #intents = new Map<string, Intent>();
  readonly #confirmed = new Set<string>();
  readonly #misses = new Map<string, string>();

  constructor(path: string) {
    this.#file = new AppendFile(path);
  }

  intend(intent: Intent): void {
    this.#intents.set(intent.id, intent);
    this.#file.writeSurely({ ...intent, at: Date.now() });
  }

  confirm(id: string, as: number | null): void {
    this.#confirmed.add(id);
    this.#file.write({ confirmed: id, as, at: Date.now() });
  }

  /** A try that failed: there will be another. */
  miss(id: string, error: unknown): void {
    this.#misses.set(id, String(error));
  }

  get intents(): readonly Intent[] {
    return [...this.#intents.values()];
  }

  /** With what the last try of each failed with. */
  get unconfirmed(): readonly (Intent & { readonly error: string })[] {
    return this.intents.flatMap((intent) => {
      if (this.#confirmed.has(intent.id)) return [];
      return [{ ...intent, error: this.#misses.get(intent.id) ?? "no try has ended" }];
    });
  }

  countOf(what: Intent["what"]): number {
    return this.intents.filter((intent) => intent.what === what).length;
  }
}
