/** What `pg` says when the connection is gone, in the middle of a statement or of a commit. */
export function broken(): Error {
  return new Error("Connection terminated unexpectedly");
}

/** What `pg` says when a connection that is gone is asked again. */
export function refusal(): Error {
  return new Error("Client has encountered a connection error and is not queryable");
}

/** What `pg` says when no connection came about in time. */
export function unreachable(): Error {
  return new Error("timeout exceeded when trying to connect");
}
