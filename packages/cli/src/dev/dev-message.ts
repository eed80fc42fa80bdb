/** What the process that watches tells the one that works. */
export type DevOrder = "stop" | "hurry";

/** What the one that works tells: the files that it loaded, and whether that went well. */
export interface DevReport {
  readonly type: "loaded";
  readonly files: readonly string[];
  readonly isLoaded: boolean;
}

/** Set in the environment of the process that works. */
export const DEV_CHILD = "MILLRACE_DEV_CHILD";
