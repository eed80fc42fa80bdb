import { MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { limitName, toLimitRef } from "./limit-ref.ts";

test.each(["all", "pool/warehouse", "namespace/ops"])("%s is read as it is shown", (text) => {
  expect(limitName(toLimitRef(text))).toBe(text);
});

test.each(["warehouse", "pool/", "key/customers", "pools/warehouse", ""])(
  "%j is refused",
  (text) => {
    expect(() => toLimitRef(text)).toThrow(MillraceError);
  },
);
