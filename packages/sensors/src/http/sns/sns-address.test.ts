import { expect, test } from "vitest";
import { certificateUrl, confirmationUrl } from "./sns-address.ts";

const NAME = "SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem";

test.each([
  `https://sns.us-west-2.amazonaws.com/${NAME}`,
  `https://sns.eu-central-1.amazonaws.com/${NAME}`,
  `https://sns.us-gov-west-1.amazonaws.com/${NAME}`,
  `https://sns.cn-north-1.amazonaws.com.cn/${NAME}`,
  `https://sns.ap-southeast-2.amazonaws.com:443/${NAME}`,
])("%s is a certificate of SNS", (url) => {
  expect(certificateUrl(url)).toBe(url.replace(":443", ""));
});

test.each([
  `http://sns.us-west-2.amazonaws.com/${NAME}`,
  `https://sns.us-west-2.amazonaws.com:8443/${NAME}`,
  `https://sns.us-west-2.amazonaws.com/${NAME}?x`,
  `https://sns.us-west-2.amazonaws.com/${NAME}#x`,
  `https://sns.us-west-2.amazonaws.com/x/${NAME}`,
  `https://sns.us-west-2.amazonaws.com/../${NAME}x`,
  "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-.pem",
  "https://sns.us-west-2.amazonaws.com/other.pem",
  `https://user:pass@sns.us-west-2.amazonaws.com/${NAME}`,
  `https://sns.us-west-2.amazonaws.com@evil.example/${NAME}`,
  `https://sns.us-west-2.amazonaws.com.evil.example/${NAME}`,
  `https://evil.example/sns.us-west-2.amazonaws.com/${NAME}`,
  // Buckets named "sns", in the older forms of S3's addresses.
  `https://sns.s3.amazonaws.com/${NAME}`,
  `https://sns.s3-us-west-2.amazonaws.com/${NAME}`,
  `https://s3.amazonaws.com/${NAME}`,
  `https://sns.s3.us-west-2.amazonaws.com/${NAME}`,
  `https://sns.us-west-2.amazonaws.com\\@evil.example/${NAME}`,
  `https://169.254.169.254/${NAME}`,
  `file:///${NAME}`,
  "",
  "no address",
  null,
  7,
  `https://sns.us-west-2.amazonaws.com/${"x".repeat(3_000)}.pem`,
])("%s is no certificate of SNS", (url) => {
  expect(certificateUrl(url)).toBeNull();
});

test("of the address of a confirmation only the host is taken", () => {
  const url = "https://sns.us-west-2.amazonaws.com/?Action=DeleteTopic&TopicArn=all";
  const built = confirmationUrl(url, "arn:aws:sns:us-west-2:123456789012:MyTopic", "2336&x=1");
  const { host, searchParams } = new URL(built ?? "");
  expect(host).toBe("sns.us-west-2.amazonaws.com");
  expect(Object.fromEntries(searchParams)).toEqual({
    Action: "ConfirmSubscription",
    TopicArn: "arn:aws:sns:us-west-2:123456789012:MyTopic",
    Token: "2336&x=1",
  });
});

test("a confirmation elsewhere is none", () => {
  expect(confirmationUrl("https://evil.example/", "arn", "token")).toBeNull();
  expect(confirmationUrl("http://169.254.169.254/", "arn", "token")).toBeNull();
});
