import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { z } from "zod";
import { download, write } from "./lake.ts";

/** A DuckDB in memory beside the lake, and a directory for its files. */
export interface Duck {
  run(sql: string): Promise<void>;
  /** Copies an object to a local file. Returns the file's name as it stands in SQL: `'…'`. */
  fetch(uri: string): Promise<string>;
  /** Writes a table to the lake as Parquet. */
  store(table: string, uri: string): Promise<void>;
  rows<T>(sql: string, row: z.ZodType<T>): Promise<T[]>;
  /** The one row of an aggregate. */
  row<T>(sql: string, row: z.ZodType<T>): Promise<T>;
}

/** Lends a {@link Duck} to `work`, and clears it away afterwards, whatever happens. */
export async function withDuck<T>(work: (duck: Duck) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(path.join(tmpdir(), "flights-"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return await work(duckAt(connection, directory));
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(directory, { recursive: true, force: true });
  }
}

function duckAt(connection: DuckDBConnection, directory: string): Duck {
  let fetched = 0;
  const duck: Duck = {
    async run(sql) {
      await connection.run(sql);
    },
    async fetch(uri) {
      fetched += 1;
      const file = path.join(directory, `${fetched}-${path.basename(uri)}`);
      await download(uri, file);
      return literal(file);
    },
    async store(table, uri) {
      const file = path.join(directory, "out.parquet");
      await connection.run(`copy ${table} to ${literal(file)} (format parquet)`);
      await write(uri, await readFile(file));
    },
    async rows(sql, row) {
      const reader = await connection.runAndReadAll(sql);
      return z.array(row).parse(reader.getRowObjectsJson());
    },
    async row(sql, row) {
      return z.tuple([row]).parse(await duck.rows(sql, row))[0];
    },
  };
  return duck;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
