/** Renews a lease that has not lapsed yet: `$1` is the session, `$2` the length in milliseconds. */
export const RENEW_LEASE = `
  update millrace.worker
  set lease_until = millrace.now() + $2::float8 * interval '1 millisecond'
  where session_id = $1::uuid and lease_until > millrace.now()`;
