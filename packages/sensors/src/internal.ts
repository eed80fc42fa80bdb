/** For the other packages of Millrace only: no promises to users. */
export * from "./http/intake-app.ts";
export type * from "./http/intake-port.ts";
export * from "./http/limits.ts";
export * from "./http/store-intake-port.ts";
export * from "./intake/object-intake.ts";
export type { Routes, Sighting } from "./intake/route-record.ts";
export type * from "./queue/message-queue.ts";
export * from "./queue/poll-queue.ts";
export type { Pace } from "./source/pause.ts";
export type { RunningSource } from "./source/running-source.ts";
export * from "./source/source-health.ts";
