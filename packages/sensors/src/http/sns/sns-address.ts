/**
 * The hosts of SNS, and nothing that looks like them. A region is spelled out, because with any
 * word in its place `sns.s3-us-west-2.amazonaws.com`, somebody's bucket, would pass.
 */
const HOST = /^sns\.[a-z]{2}(-[a-z]+){1,2}-\d{1,2}\.amazonaws\.com(\.cn)?$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem$/;
const LENGTH_MAX = 2_048;

/** The address of a signing certificate; null for any that SNS itself would not give. */
export function certificateUrl(text: unknown): string | null {
  const url = snsUrl(text);
  if (url === null || url.search !== "" || !CERTIFICATE_PATH.test(url.pathname)) return null;
  return url.href;
}

/**
 * Where a subscription is confirmed. Of the address in the message only the host is taken; the
 * rest is put together anew, so that nothing else can be asked of it.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
 */
export function confirmationUrl(
  subscribeUrl: unknown,
  topicArn: string,
  token: string,
): string | null {
  const url = snsUrl(subscribeUrl);
  if (url === null) return null;
  const query = new URLSearchParams({
    Action: "ConfirmSubscription",
    TopicArn: topicArn,
    Token: token,
  });
  return `https://${url.hostname}/?${query.toString()}`;
}

function snsUrl(text: unknown): URL | null {
  if (typeof text !== "string" || text.length > LENGTH_MAX) return null;
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.port !== "" || url.hash !== "") return null;
  if (url.username !== "" || url.password !== "" || !HOST.test(url.hostname)) return null;
  return url;
}
