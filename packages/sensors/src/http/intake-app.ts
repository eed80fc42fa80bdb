import { definitionInvalid, type Instant, MillraceError } from "@millrace/core/internal";
import { Hono } from "hono";
import type { SourceProblem } from "../intake/object-intake.ts";
import { refuseHeaders } from "./admit-request.ts";
import { type Answer, toAnswer, toRefusal } from "./answer.ts";
import { hookProblems } from "./check-hooks.ts";
import { agreeToDelivery } from "./cloudevents/agree-to-delivery.ts";
import type { Hook } from "./hook.ts";
import type { IntakePort } from "./intake-port.ts";
import { HTTP_LIMITS, type HttpLimits } from "./limits.ts";
import { sourceOf } from "./message-identity.ts";
import { readBody } from "./read-body.ts";
import { readDelivery } from "./read-delivery.ts";
import { CertificateCache } from "./sns/certificate-cache.ts";
import type { Fetch } from "./sns/fetch-limited.ts";

export interface IntakeAppOptions {
  readonly hooks: readonly Hook[];
  readonly port: IntakePort;
  /** Milliseconds since the epoch; absent: this machine's clock. */
  readonly now?: () => Instant;
  /** For certificates and confirmations of SNS; absent: the global one. */
  readonly fetch?: Fetch;
  readonly limits?: Partial<HttpLimits>;
  /** Hears of what went wrong here. What a sender did wrong is told to the sender only. */
  readonly onProblem?: (problem: SourceProblem) => void;
  /** Hears of every answer of a hook. */
  readonly onAnswered?: (answered: Answered) => void;
}

/** What one request to a hook came to. */
export interface Answered {
  readonly hook: string;
  readonly status: number;
  /** What a refused sender was told; null for one whose message was taken. */
  readonly error: string | null;
}

/**
 * The addresses that outside systems post to: `POST /<name of the hook>`, wherever it is mounted.
 *
 * A request is answered with 200 only after `port.accept` has resolved. It is refused with 401
 * when it is not authentic, and nothing of it is kept; what is authentic and cannot be read is a
 * dead letter. While the store is down it is 503 with `Retry-After`.
 *
 * @throws {DEFINITION_INVALID} When a hook is not as it should be, or would let everybody in.
 */
export function intakeApp(options: IntakeAppOptions): Hono {
  const problems = hookProblems(options.hooks);
  if (problems.length > 0) throw definitionInvalid(problems);
  const intake = new HttpIntake(options);
  const hooks = new Map(options.hooks.map((hook) => [hook.name, hook]));
  const app = new Hono();
  app.all("/:hook", async (context) => {
    const hook = hooks.get(context.req.param("hook"));
    if (hook === undefined) return toResponse(UNKNOWN);
    const agreement = agreeToDelivery(hook, context.req.raw);
    if (agreement !== null) return new Response(null, { headers: agreement });
    const answer = await intake.answer(hook, context.req.raw);
    options.onAnswered?.({ hook: hook.name, ...answeredBy(answer) });
    return toResponse(answer);
  });
  app.notFound(() => toResponse(UNKNOWN));
  app.onError((error) => toResponse(intake.answerFailure("hooks", error)));
  return app;
}

const UNKNOWN = toRefusal({ status: 404, message: "There is no such hook." });
const WRONG_METHOD = toRefusal({ status: 405, message: "A hook takes POST only." });
const BUSY = toRefusal({ status: 503, message: "Too many requests at once; send it again." });

class HttpIntake {
  readonly #port: IntakePort;
  readonly #now: () => Instant;
  readonly #fetch: Fetch;
  readonly #certificates: CertificateCache;
  readonly #limits: HttpLimits;
  readonly #report: (problem: SourceProblem) => void;
  #requests = 0;

  constructor(options: IntakeAppOptions) {
    this.#port = options.port;
    this.#now = options.now ?? (() => Date.now());
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#certificates = new CertificateCache(this.#fetch);
    this.#limits = { ...HTTP_LIMITS, ...options.limits };
    this.#report = options.onProblem ?? (() => undefined);
  }

  async answer(hook: Hook, request: Request): Promise<Answer> {
    if (request.method !== "POST") return WRONG_METHOD;
    const refusal = refuseHeaders(hook, request.headers, this.#now());
    if (refusal !== null) return toRefusal(refusal);
    if (this.#requests >= this.#limits.requestsMax) return BUSY;
    this.#requests += 1;
    try {
      return await this.#take(hook, request);
    } catch (error) {
      return this.answerFailure(sourceOf(hook), error);
    } finally {
      this.#requests -= 1;
    }
  }

  async #take(hook: Hook, request: Request): Promise<Answer> {
    const body = await readBody(request, this.#limits);
    if (!body.ok) return toRefusal(body.refusal);
    const delivery = { headers: request.headers, bytes: body.bytes, nowMs: this.#now() };
    const reading = await readDelivery(hook, delivery, {
      certificates: this.#certificates,
      fetch: this.#fetch,
      report: this.#report,
      batchMax: this.#limits.batchMax,
    });
    if (reading.type === "refused") return toRefusal(reading.refusal);
    const { messages } = reading;
    const refused = messages.length > 0 ? await this.#port.accept(messages) : [];
    return toAnswer(hook, reading, refused);
  }

  /** What the store said stays here. */
  answerFailure(source: string, error: unknown): Answer {
    if (MillraceError.is(error, "STORE_UNAVAILABLE")) {
      this.#report({ source, message: "The store cannot be reached; senders must wait.", error });
      const message = "The message cannot be stored at the moment; send it again.";
      return toRefusal({ status: 503, message });
    }
    this.#report({ source, message: "A message could not be taken.", error });
    const message = "Something went wrong here; send the message again later.";
    return toRefusal({ status: 500, message });
  }
}

function answeredBy({ status, body }: Answer): Omit<Answered, "hook"> {
  const { error } = body;
  return { status, error: typeof error === "string" ? error : null };
}

function toResponse({ status, headers, body }: Answer): Response {
  return Response.json(body, { status, headers });
}
