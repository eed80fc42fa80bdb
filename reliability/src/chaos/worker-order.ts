/** What a worker process is told at its start, as JSON in its first argument. */
export interface WorkerOrder {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly slots: number;
  readonly scheduler: boolean;
  /** Where it tells what it does, a line an event. */
  readonly eventsFile: string;
}

/** What the rig asks of a worker process. */
export interface WorkerRequest {
  /** Does nothing else for so long: what a handler that never yields does. */
  readonly blockMs: number;
}

/** What a worker process tells the rig; all else is in its file. */
export type WorkerNews = "ready";
