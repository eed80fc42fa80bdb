import type { OutSend } from "../webhook/out-http.ts";
import type { Mail, MailTransport } from "./mail-alert.ts";

/**
 * Sends what goes to `smtp:` and `smtps:` as mail, and all else by `http`. A mail that a server
 * refuses, or does not take within the time of the request, is tried again, as anything that fails:
 * a server that drips its answers would hold all that comes after it otherwise.
 */
export function withMail(http: OutSend, open: (server: string) => MailTransport): OutSend {
  return async (request) => {
    if (!/^smtps?:/.test(request.url)) return http(request);
    const { at, ...mail } = JSON.parse(request.body) as Omit<Mail, "at"> & { readonly at: string };
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`the server did not take it in ${request.timeoutMs}ms`));
    }, request.timeoutMs);
    try {
      await Promise.race([open(request.url).send({ ...mail, at: new Date(at) }), late.promise]);
      return { type: "answered", status: 250, retryAfter: null, body: "" };
    } catch (error) {
      // What servers say may repeat the name of the user, not the password.
      const reason = error instanceof Error ? error.message : "the server did not take it";
      return { type: "unreachable", reason };
    } finally {
      clearTimeout(timer);
    }
  };
}
