import { cp, mkdir, rename, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** A file that will be an object of the lake. */
export interface RawFile {
  readonly uri: string;
  readonly path: string;
  readonly bytes: number;
}

/** Where the published files lie: those of the `vega-datasets` package. */
export const PUBLISHED = fileURLToPath(new URL("../data/", import.meta.resolve("vega-datasets")));

const MONTHS = ["2001-01", "2001-02", "2001-03", "2001-04", "2001-05", "2001-06", "2001-07"];

/**
 * Cuts the published files by month, as they would arrive: one file of flights and one of bird
 * strikes each month, and the list of airports. Rows and columns stay as they were published.
 * What an earlier start cut is taken again.
 */
export async function cutRawFiles(directory: string): Promise<readonly RawFile[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const airports = path.join(directory, "airports.csv");
    await once(airports, (file) => cp(path.join(PUBLISHED, "airports.csv"), file));
    const cut = [airports];
    for (const month of MONTHS) {
      for (const source of SOURCES) {
        const file = path.join(directory, source.name, `${month}.${source.ending}`);
        await once(file, (part) => cutMonth(connection, source, month, part));
        cut.push(file);
      }
    }
    return await Promise.all(cut.map((file) => toRawFile(directory, file)));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

interface Source {
  readonly name: string;
  readonly published: string;
  readonly date: string;
  /** The large ones are compressed, as they would be where they come from. */
  readonly ending: "csv" | "csv.zst";
}

const SOURCES: readonly Source[] = [
  { name: "flights", published: "flights-3m.parquet", date: "date", ending: "csv.zst" },
  { name: "strikes", published: "birdstrikes.csv", date: '"Flight Date"', ending: "csv" },
];

async function cutMonth(
  connection: DuckDBConnection,
  { published, date, ending }: Source,
  month: string,
  file: string,
): Promise<void> {
  const from = `from ${quoted(path.join(PUBLISHED, published))}`;
  const first = `date '${month}-01'`;
  const where = `where ${date} >= ${first} and ${date} < ${first} + interval 1 month`;
  const how = `format csv, header, compression ${ending === "csv" ? "none" : "zstd"}`;
  await connection.run(`copy (select * ${from} ${where}) to ${quoted(file)} (${how})`);
}

/** Makes a file under another name first, so that one that is there is whole. */
async function once(file: string, make: (part: string) => Promise<void>): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(path.dirname(file), { recursive: true });
  await make(`${file}.part`);
  await rename(`${file}.part`, file);
}

async function toRawFile(directory: string, file: string): Promise<RawFile> {
  const key = path.relative(directory, file).split(path.sep).join("/");
  return { uri: `s3://lake/raw/${key}`, path: file, bytes: (await stat(file)).size };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
