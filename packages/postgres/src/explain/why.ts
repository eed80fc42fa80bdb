import {
  type DatasetAnswer,
  type DatasetId,
  explainDataset,
  explainFact,
  explainPipeline,
  explainRun,
  type FactStoryAnswer,
  type PipelineAnswer,
  type PipelineId,
  type RunAnswer,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { isNamed } from "../is-named.ts";
import type { Tx } from "../transact.ts";
import { loadDatasetStory } from "./dataset-story.ts";
import { loadLastRuns } from "./fact-notes.ts";
import { loadFactStory } from "./fact-stories.ts";
import { loadRunStory } from "./run-story.ts";
import { inSnapshot } from "./snapshot.ts";
import { loadTriggerStories } from "./trigger-stories.ts";
import { loadLimits } from "./watched-trigger.ts";

/** What somebody may ask the reason of. */
export type Asked =
  | { readonly type: "run" | "update" | "event"; readonly id: number }
  | { readonly type: "dataset"; readonly dataset: DatasetId }
  | {
      readonly type: "pipeline";
      readonly pipeline: PipelineId;
      /** This trigger of it only; null: all of them. */
      readonly trigger: string | null;
    };

export type Answer = RunAnswer | FactStoryAnswer | DatasetAnswer | PipelineAnswer;

/**
 * Why something started, or what it waits for. Reads one snapshot, and changes and locks nothing.
 *
 * @returns Null when there is no such thing.
 * @throws {STORE_UNAVAILABLE} When the database cannot be reached.
 */
export function why(database: Database, asked: Asked): Promise<Answer | null> {
  return inSnapshot(database, async (tx, now): Promise<Answer | null> => {
    switch (asked.type) {
      case "run": {
        const story = await loadRunStory(tx, asked.id);
        return story === null ? null : explainRun(story, now);
      }
      case "update":
      case "event": {
        const story = await loadFactStory(tx, { kind: asked.type, id: asked.id });
        return story === null ? null : explainFact(story, now);
      }
      case "dataset": {
        const story = await loadDatasetStory(tx, asked.dataset);
        return story === null ? null : explainDataset(story, now);
      }
      case "pipeline":
        return whyPipeline(tx, asked.pipeline, asked.trigger, now);
    }
  });
}

async function whyPipeline(
  tx: Tx,
  pipeline: PipelineId,
  trigger: string | null,
  now: number,
): Promise<PipelineAnswer | null> {
  const { rows } = await sql<{ id: number }>`
    select p.id from millrace.pipeline p where ${isNamed("p", sql`${pipeline}::text`)}`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  const all = await loadTriggerStories(tx, row.id);
  const triggers = trigger === null ? all : all.filter(({ name }) => name === trigger);
  if (trigger !== null && triggers.length === 0) return null;
  const last = (await loadLastRuns(tx, [row.id])).get(row.id) ?? null;
  const limit = (await loadLimits(tx, [row.id])).get(row.id) ?? null;
  return explainPipeline({ pipeline, last, triggers, limit }, now);
}
