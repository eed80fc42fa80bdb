/** A transaction of this process, as the server knows it. */
export interface OwnTransaction {
  readonly xid: string;
  /** Of the server process that runs it. */
  readonly pid: number;
  /** When the server was started. */
  readonly server: string;
}

/** Of an {@link OwnTransaction}: the text by which a connection knows that it has the answer. */
export const OWN_TRANSACTION = `select pg_current_xact_id()::text as xid, pg_backend_pid() as pid,
  pg_postmaster_start_time()::text as server`;
