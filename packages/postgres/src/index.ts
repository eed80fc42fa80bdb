export * from "./database.ts";
export * from "./migrate.ts";
export * from "./create-store.ts";
export { sqlstateOf } from "./sqlstate.ts";
export * from "./read-activity.ts";
export * from "./read-runs.ts";
