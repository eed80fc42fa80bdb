import type { PreparedPGlite, StatementResult } from "./prepared-pglite.ts";

/** What a server knows of a client that is connected to it. */
export interface Session {
  /** Set when the connection has broken. */
  isBroken: boolean;
}

/**
 * The one database of the world. It has one connection, which a transaction holds from its begin
 * to its end; who gets it next is picked by chance. So transactions come in any order, and never
 * wait for each other in the middle: such races are for a real server.
 */
export class Server {
  readonly #pglite: PreparedPGlite;
  readonly #now: () => number;
  readonly #onCommit: () => void;
  #holder: Session | null = null;
  /** What `millrace.now` is set to; null when that is not certain. */
  #setTo: number | null = null;
  #commits = 0;
  /** The transaction under way may have changed something. */
  #isDirty = false;

  /** @param onCommit - After each transaction that may have changed something. */
  constructor(pglite: PreparedPGlite, now: () => number, onCommit: () => void) {
    this.#pglite = pglite;
    this.#now = now;
    this.#onCommit = onCommit;
  }

  get commits(): number {
    return this.#commits;
  }

  isFree(): boolean {
    return this.#holder === null;
  }

  isHeldBy(session: Session): boolean {
    return this.#holder === session;
  }

  begin(session: Session): void {
    this.#pglite.run("begin");
    this.#isDirty = false;
    this.#holder = session;
  }

  /** A statement of the transaction of `session`, or one that is a transaction by itself. */
  run(session: Session, text: string, parameters: readonly unknown[]): StatementResult {
    this.#setNow();
    const result = this.#pglite.run(text, parameters);
    const isWriting = (result.count > 0 || result.rows.length > 0) && mayWrite(text);
    if (this.#holder === session) this.#isDirty ||= isWriting;
    else if (isWriting) this.#committed();
    return result;
  }

  commit(): void {
    const { tag } = this.#pglite.run("commit");
    this.#holder = null;
    if (tag === "ROLLBACK") throw new Error("a transaction was committed after it had failed");
    if (this.#isDirty) this.#committed();
  }

  rollback(): void {
    this.#pglite.run("rollback");
    this.#holder = null;
    // What was set within the transaction is undone with it.
    this.#setTo = null;
  }

  /** The connection is gone, and with it whatever was not committed. */
  breakOff(session: Session): void {
    session.isBroken = true;
    if (this.#holder === session) this.rollback();
  }

  #committed(): void {
    this.#commits += 1;
    this.#onCommit();
  }

  #setNow(): void {
    const now = Math.floor(this.#now());
    if (this.#setTo === now) return;
    const text = new Date(now).toISOString();
    this.#pglite.run("select set_config('millrace.now', $1, false)", [text]);
    this.#setTo = now;
  }
}

const WRITES = new Map<string, boolean>();

/** Statements are few, and asked for often. */
function mayWrite(text: string): boolean {
  const known = WRITES.get(text);
  if (known !== undefined) return known;
  const writes = /\b(insert|update|delete|merge|select\s+setval)\b/i.test(text);
  WRITES.set(text, writes);
  return writes;
}
