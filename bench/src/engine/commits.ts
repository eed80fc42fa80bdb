import pg from "pg";

export interface Commits {
  /** Milliseconds of so many durable commits, one after the other. */
  make(count: number): Promise<number>;
  close(): Promise<void>;
}

/** The floor of everything that is kept: one row, one statement, one commit. */
export async function openCommits(databaseUrl: string): Promise<Commits> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("create table floor (id bigint generated always as identity, at timestamptz)");
  const insert = { name: "floor", text: "insert into floor (at) values ($1)" };
  return {
    async make(count) {
      const startMs = performance.now();
      for (let made = 0; made < count; made += 1) {
        await client.query({ ...insert, values: [new Date()] });
      }
      return performance.now() - startMs;
    },
    close: () => client.end(),
  };
}
