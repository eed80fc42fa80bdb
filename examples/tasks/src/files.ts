import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { pipeline, TaskSkipped } from "@millrace/core";
import { z } from "zod";

/** Counts the words of every page of a folder: list, one task for each, and what they are together. */
export const countWords = pipeline(
  "count-words",
  { params: z.object({ folder: z.string().default("docs") }) },
  ({ task, map }) => {
    const list = task("list", async ({ params }) => {
      const entries = await readdir(params.folder, { recursive: true });
      const pages = entries.filter((entry) => entry.endsWith(".md")).toSorted();
      if (pages.length === 0) throw new TaskSkipped(`${params.folder} has no pages`);
      return pages.map((page) => path.join(params.folder, page));
    });
    const count = map("count", { over: list, retries: 2, maxParallel: 3 }, async ({ item }) => {
      const text = await readFile(item, "utf8");
      return { page: item, words: text.split(/\s+/).filter((word) => word !== "").length };
    });
    return task("consolidate", { needs: { count } }, ({ needs, log }) => {
      const words = needs.count.reduce((sum, page) => sum + page.words, 0);
      const [longest] = needs.count.toSorted((a, b) => b.words - a.words);
      log.info("counted", { pages: needs.count.length, words, longest: longest?.page ?? null });
      return { pages: needs.count.length, words };
    });
  },
);
