import { readFileSync } from "node:fs";
import path from "node:path";
import type { WorkerEvent } from "@millrace/worker";
import type { Effect } from "./effects.ts";
import type { World } from "./world.ts";

export type ToldEvent = WorkerEvent & { readonly at: number; readonly pid: number };

/** What all worker processes told and did, over all their lives. */
export interface WorkerStory {
  readonly events: readonly ToldEvent[];
  readonly effects: readonly Effect[];
}

export function readStory(directory: string, { workers }: Pick<World, "workers">): WorkerStory {
  const read = <T>(kind: string): T[] =>
    workers.flatMap(({ name }) => readLines<T>(path.join(directory, `${kind}-${name}.jsonl`)));
  return { events: read<ToldEvent>("events"), effects: read<Effect>("effects") };
}

/** The last line may be half a line: its writer was killed. */
function readLines<T>(file: string): T[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line): T[] => {
      try {
        return line === "" ? [] : [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
}
