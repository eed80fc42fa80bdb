/** A local S3 and SQS for the tutorial: it runs until Ctrl-C, and keeps nothing. */
import { startS3Server } from "@millrace/testing/s3-server";

const server = await startS3Server({
  buckets: ["lake"],
  queues: ["lake-events"],
  notify: [{ bucket: "lake", queue: "lake-events" }],
});
const { region, credentials } = server.clientConfig;
console.log(`export AWS_ENDPOINT_URL=${server.endpoint} AWS_REGION=${region}`);
console.log(`export AWS_ACCESS_KEY_ID=${credentials.accessKeyId}`);
console.log(`export AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`);
console.log(`export LAKE_QUEUE_URL=${server.queueUrl("lake-events")}`);
process.once("SIGINT", () => void server.stop());
