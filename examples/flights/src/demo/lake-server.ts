import { type S3Server, startS3Server } from "@millrace/testing/s3-server";

const QUEUE = "lake-events";

/** A bucket `lake` on this machine, whose objects a queue tells of, as one of Amazon's would. */
export async function startLake(directory: string): Promise<S3Server> {
  const server = await startS3Server({
    buckets: ["lake"],
    queues: [QUEUE],
    notify: [{ bucket: "lake", queue: QUEUE }],
    directory,
    // What an interrupted start had received comes again after this time, and not after minutes.
    visibilityTimeoutSeconds: 5,
  });
  useServer(server);
  return server;
}

/** Messages that nobody has taken and removed: objects that may still be news. */
export function countEvents(server: S3Server): number {
  return server.countMessages(QUEUE);
}

/**
 * Points this process, and those that it starts, to the local server. What is set for real AWS
 * accounts goes, so that the demo cannot touch one.
 */
function useServer(server: S3Server): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_")) delete process.env[name];
  }
  const { endpoint, region, credentials } = server.clientConfig;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    LAKE_QUEUE_URL: server.queueUrl(QUEUE),
  });
}
