/** Milliseconds since the epoch, by the database's clock. */
export type Instant = number;
