export * from "./database.ts";
export * from "./migrate.ts";
export * from "./create-store.ts";
export { isConnectionError, sqlstateOf } from "./sqlstate.ts";
export * from "./read-activity.ts";
export * from "./read-deliveries.ts";
export * from "./read-runs.ts";
export { NoLeaseKeeper } from "./lease/no-lease-keeper.ts";
export { PostgresLeaseKeeper } from "./lease/postgres-lease-keeper.ts";
