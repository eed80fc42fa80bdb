import { mkdir } from "node:fs/promises";
import path from "node:path";
import { download, list } from "../lake.ts";

/** Copies what the pipelines made from the lake into files. Returns their paths, in order. */
export async function copyOutputs(directory: string): Promise<readonly string[]> {
  const found = await Promise.all(
    ["clean", "months", "report"].map((it) => list(`s3://lake/${it}/`)),
  );
  const files: string[] = [];
  for (const uri of found.flat()) {
    const file = path.join(directory, uri.slice("s3://lake/".length));
    await mkdir(path.dirname(file), { recursive: true });
    await download(uri, file);
    files.push(file);
  }
  return files;
}
