import type { Database } from "@millrace/postgres";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { PreparedPGlite } from "./prepared-pglite.ts";

type Tables = Database["db"] extends Kysely<infer T> ? T : never;

/** The database as those see it who judge the world: at once, and without its mishaps. */
export function directDatabase(pglite: PreparedPGlite): Database {
  const connection: DatabaseConnection = {
    executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => {
      const { rows, count } = pglite.run(sql, parameters);
      // What the columns are is for the one who asks to know, as with every driver.
      return { rows: rows as R[], numAffectedRows: BigInt(count) };
    },
    streamQuery: () => {
      throw new Error("nobody streams here");
    },
  };
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => connection,
      beginTransaction: async () => void pglite.run("begin"),
      commitTransaction: async () => void pglite.run("commit"),
      rollbackTransaction: async () => void pglite.run("rollback"),
      releaseConnection: async () => {},
      destroy: async () => {},
    }),
  };
  const db = new Kysely<Tables>({ dialect });
  return { kind: "server", db, connectionsMax: 1, close: async () => {} };
}
