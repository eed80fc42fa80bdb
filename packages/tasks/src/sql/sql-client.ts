/** What is used of a client or a pool of `pg`. */
export interface SqlClient {
  query(statement: {
    readonly text: string;
    readonly values: unknown[];
  }): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
}

/** A pool: it lends clients, which are given back. */
export interface SqlPool {
  readonly totalCount: number;
  connect(): Promise<SqlClient & { release(destroy?: boolean): void }>;
}

/** What is known of a connection of `pg`, and of no other client's. */
export interface SqlBackend {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

export function isPool(client: SqlClient | SqlPool): client is SqlPool {
  return "totalCount" in client && "connect" in client;
}
