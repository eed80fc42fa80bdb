import type { Instant } from "@millrace/core/internal";
import { Hono } from "hono";
import type { HooksHealth } from "./hook-health.ts";

export interface IntakeSiteOptions {
  /** What {@link intakeApp} made. */
  readonly hooks: Hono;
  /** Resolves when the store can be written to. */
  readonly checkStore: () => Promise<void>;
  /** True from the signal to stop: what is under way is answered, and nothing new is wanted. */
  readonly isStopping: () => boolean;
  readonly health: () => HooksHealth;
  readonly now?: () => Instant;
}

/**
 * The addresses of a process that takes what is posted: `/hooks/<name>`, `/healthz`, which says
 * that it is alive, and `/readyz`, which says with 200 or 503 whether it can store anything;
 * `/readyz?verbose` tells of the hooks as well.
 */
export function intakeSite(options: IntakeSiteOptions): Hono {
  const { hooks, isStopping, health, now = () => Date.now() } = options;
  const isReachable = askSeldom(options.checkStore, now);
  const site = new Hono();
  site.use(async (context, next) => {
    await next();
    // A kept connection would carry the next request to a process that is about to end.
    if (isStopping()) context.header("connection", "close");
  });
  site.get("/healthz", (context) => context.json({ status: "alive" }));
  site.get("/readyz", async (context) => {
    const status = isStopping()
      ? "stopping"
      : (await isReachable())
        ? "ready"
        : "store unreachable";
    const isVerbose = context.req.query("verbose") !== undefined;
    const body = { status, ...(isVerbose && { hooks: health() }) };
    return context.json(body, status === "ready" ? 200 : 503);
  });
  site.route("/hooks", hooks);
  site.notFound((context) => context.json({ error: "There is nothing at this address." }, 404));
  return site;
}

const CHECK_MS_MAX = 2_000;
const KEPT_MS = 1_000;

/** However often it is asked, the store is checked once a second, and one check at a time. */
function askSeldom(check: () => Promise<void>, now: () => Instant): () => Promise<boolean> {
  let kept: { readonly at: Instant; readonly value: boolean } | null = null;
  let asking: Promise<boolean> | null = null;
  return () => {
    if (kept !== null && now() - kept.at < KEPT_MS && now() >= kept.at)
      return Promise.resolve(kept.value);
    asking ??= ask();
    return asking;
  };

  async function ask(): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const timer = setTimeout(late.resolve, CHECK_MS_MAX, false as const);
    const checked = check().then(
      () => true,
      () => false,
    );
    const value = await Promise.race([checked, late.promise]);
    clearTimeout(timer);
    kept = { at: now(), value };
    // One that hangs still holds its connection: no second one joins it.
    if (value) asking = null;
    else void checked.then(() => (asking = null));
    return value;
  }
}
