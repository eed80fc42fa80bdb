import { type PGlite, types } from "@electric-sql/pglite";
import {
  executeMessage,
  parseMessage,
  readAnswer,
  type WireAnswer,
  type WireColumn,
} from "./wire.ts";

export interface StatementResult {
  readonly rows: Record<string, unknown>[];
  /** Rows that it changed or gave. */
  readonly count: number;
  /** What the server says that it did, e.g. `UPDATE 3`. */
  readonly tag: string;
}

interface Prepared {
  readonly name: string;
  readonly parameterTypes: readonly number[];
  readonly columns: readonly WireColumn[];
}

/** A statement that the server refused, as its drivers tell of it. */
export class StatementRefused extends Error {
  override readonly name = "error";
  readonly code: string;
  readonly detail: string | undefined;
  readonly constraint: string | undefined;

  constructor(fields: Readonly<Record<string, string>>) {
    super(fields["M"] ?? "the server gave no reason");
    this.code = fields["C"] ?? "XX000";
    this.detail = fields["D"];
    this.constraint = fields["n"];
  }
}

/**
 * Runs statements on a PGlite of one's own, each parsed and planned only the first time: for the
 * long statements of the engine on small tables, planning is nearly all of the work. An answer is
 * there when the call returns, so that nothing else can happen meanwhile.
 */
export class PreparedPGlite {
  readonly #pglite: PGlite;
  readonly #prepared = new Map<string, Prepared>();
  #failure: Error | null = null;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
    this.run("set plan_cache_mode = force_generic_plan");
    // It lies in memory: nothing would be safer on its disk.
    this.run("set synchronous_commit = off");
  }

  run(text: string, parameters: readonly unknown[] = []): StatementResult {
    const { name, parameterTypes, columns } = this.#prepared.get(text) ?? this.#prepare(text);
    const values = parameters.map((value, index) => this.#toText(value, parameterTypes[index]));
    const answer = this.#ask(executeMessage(name, values));
    if (answer.error !== null) throw new StatementRefused(answer.error);
    const rows = answer.rows.map((row) => this.#toRow(row, columns));
    const tag = answer.tag ?? "";
    return { rows, count: Number(/\d+$/.exec(tag)?.[0] ?? 0), tag };
  }

  #prepare(text: string): Prepared {
    const name = `s${this.#prepared.size}`;
    const answer = this.#ask(parseMessage(name, text));
    if (answer.error !== null) throw new StatementRefused(answer.error);
    const { parameterTypes, columns } = answer;
    const prepared = { name, parameterTypes, columns };
    this.#prepared.set(text, prepared);
    return prepared;
  }

  /**
   * The driver works before it first awaits, and tells the answer meanwhile. Asked in its other
   * ways, it reads each message itself, and keeps them all.
   */
  #ask(message: Uint8Array): WireAnswer {
    const parts: Buffer[] = [];
    const onRawData = (data: Uint8Array): void => void parts.push(Buffer.from(data));
    const sent = this.#pglite.execProtocolRawStream(message, { syncToFs: false, onRawData });
    sent.catch((error: unknown) => {
      // It is known here a moment too late to be thrown; the next statement fails with it.
      this.#failure ??= new Error("the embedded database has failed", { cause: error });
    });
    if (this.#failure !== null) throw this.#failure;
    if (parts.length === 0) throw new Error("the embedded database gave no answer");
    return readAnswer(Buffer.concat(parts));
  }

  #toText(value: unknown, type = 0): string | null {
    if (value === null || value === undefined) return null;
    const serialize = this.#pglite.serializers[type] ?? types.serializers[type];
    if (serialize !== undefined) return serialize(value);
    return typeof value === "object" ? JSON.stringify(value) : String(value as string | number);
  }

  #toRow(row: readonly (string | null)[], columns: readonly WireColumn[]): Record<string, unknown> {
    const { parsers } = this.#pglite;
    return Object.fromEntries(
      columns.map(({ name, type }, index) => {
        const text = row[index] ?? null;
        const parse = parsers[type] ?? types.parsers[type];
        return [name, text === null || parse === undefined ? text : parse(text, type)];
      }),
    );
  }
}
