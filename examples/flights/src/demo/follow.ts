import { type Activity, type Database, isIdle, readActivity, readRun } from "@millrace/postgres";
import { milliseconds, type Screen } from "./screen.ts";

export interface UpdateLine {
  readonly dataset: string;
  readonly partition: string;
  readonly source: string;
}

export interface RunLine {
  readonly pipeline: string;
  readonly partition: string;
  readonly state: string;
  /** What the run consumed, and which trigger let it. */
  readonly cause: string;
  readonly ms: number | null;
}

/** What happened since the start, as far as it has been seen. */
export interface Story {
  readonly updates: UpdateLine[];
  /** Runs that have ended. */
  readonly runs: RunLine[];
}

export interface FollowOptions {
  readonly database: Database;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** True when the outside has nothing more to say. */
  readonly isQuiet: () => boolean;
}

const EVERY_MS = 100;
const ACTIVITY_MAX = 10_000;
const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/** Remembers where history stands now, and follows it from there until nothing is left to do. */
export async function startFollowing(options: FollowOptions): Promise<() => Promise<Story>> {
  const { database, isQuiet, signal } = options;
  const past = await readActivity(database, { updateId: 0, runId: 0 }, ACTIVITY_MAX);
  const since = { updateId: lastId(past, "update"), runId: lastId(past, "run") };
  return async () => {
    const told = new Set<string>();
    const story: Story = { updates: [], runs: [] };
    for (;;) {
      signal.throwIfAborted();
      // In this order: what is quiet and then idle has been so all the while.
      const isOver = isQuiet() && (await isIdle(database));
      const news = await readActivity(database, since, ACTIVITY_MAX);
      for (const activity of news) await tellOnce(activity, told, story, options);
      if (isOver) return story;
      await pause(EVERY_MS);
    }
  };
}

async function tellOnce(
  activity: Activity,
  told: Set<string>,
  story: Story,
  { database, screen }: FollowOptions,
): Promise<void> {
  const key = `${activity.type} ${activity.id}`;
  if (told.has(key) || (activity.type === "run" && !ENDED.has(activity.state))) return;
  told.add(key);
  const partition = Object.values(activity.partition).join(", ");
  if (activity.type === "update") {
    const dataset = bare(activity.dataset);
    const source = `${activity.source.type} ${activity.source.key}`;
    story.updates.push({ dataset, partition, source });
    screen.tell("update", dataset, partition, factsOf(activity.metadata), `by ${source}`);
    return;
  }
  const pipeline = bare(activity.pipeline);
  const cause = await causeOf(database, activity.id, activity.trigger);
  const { state, ms, reason } = activity;
  story.runs.push({ pipeline, partition, state, cause, ms });
  const took = ms === null ? "" : milliseconds(ms);
  const how = reason === null ? state : `${state} (${reason})`;
  screen.tell("run", pipeline, partition, took, `${how}, for ${cause}`);
}

async function causeOf(database: Database, runId: number, trigger: string): Promise<string> {
  const consumed = (await readRun(database, runId))?.consumed ?? [];
  const names = consumed.map(({ name, partition }) => {
    const values = Object.values(JSON.parse(partition ?? "{}") as Record<string, string>);
    return [bare(name), ...values].join(" ");
  });
  return `${names.join(" + ")} (trigger ${trigger})`;
}

/** Names in the demo are clear without their namespace. */
function bare(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

/** Of an update's metadata, what has a place in a line. */
function factsOf(metadata: unknown): string {
  if (typeof metadata !== "object" || metadata === null) return "";
  const rows = "rows" in metadata ? metadata.rows : null;
  return typeof rows === "number" ? `${rows} rows` : "";
}

function lastId(activities: readonly Activity[], type: Activity["type"]): number {
  return Math.max(0, ...activities.filter((each) => each.type === type).map(({ id }) => id));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
