import type { JsonValue } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { toBinaryEvent } from "./binary-event.ts";
import { isJsonType, toCloudEvent } from "./cloud-event.ts";

const NOW = Date.UTC(2026, 10, 22);
const EVENT = { specversion: "1.0", id: "A234", source: "/mycontext", type: "com.example.some" };
const HEADERS = {
  "ce-specversion": "1.0",
  "ce-id": "A234",
  "ce-source": "/mycontext",
  "ce-type": "com.example.some",
};

function documentOf(event: JsonValue) {
  const read = toCloudEvent(event, NOW);
  if (!read.ok) throw new Error(read.problem);
  return read.event.document;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

describe("an event in JSON", () => {
  test("is one object with its attributes, extensions and data", () => {
    const event = { ...EVENT, subject: null, time: "2026-11-21T02:00:07.412Z", partition: 7 };
    const { subject: _subject, ...set } = event;
    expect(documentOf({ ...event, data: { a: 1 } })).toEqual({ ...set, data: { a: 1 } });
    expect(documentOf(EVENT)).toEqual({ ...EVENT, data: null });
  });

  test("has the data that its base64 holds, where that is JSON", () => {
    const json = { ...EVENT, data_base64: base64('{"a":1}') };
    expect(documentOf(json)["data"]).toEqual({ a: 1 });
    const xml = { ...json, datacontenttype: "application/xml" };
    expect(documentOf(xml)["data"]).toBe(base64('{"a":1}'));
  });

  test.each<[string, JsonValue]>([
    ["object", []],
    ["object", "text"],
    ["specversion", { ...EVENT, specversion: "0.3" }],
    ["specversion", { ...EVENT, specversion: 1 }],
    ["id", { ...EVENT, id: "" }],
    ["id", { ...EVENT, id: null }],
    ["source", { ...EVENT, source: 7 }],
    ["type", { ...EVENT, type: ["a"] }],
    ["subject", { ...EVENT, subject: { a: 1 } }],
    ["subject", { ...EVENT, subject: "a\u0007b" }],
    ["subject", { ...EVENT, subject: "\ud800" }],
    ["subject", { ...EVENT, subject: "x".repeat(1_025) }],
    ["Some_Name", { ...EVENT, Some_Name: "x" }],
    [
      "__proto__",
      JSON.parse('{"__proto__":"x","specversion":"1.0","id":"1","source":"s","type":"t"}'),
    ],
    ["RFC 3339", { ...EVENT, time: "yesterday" }],
    ["RFC 3339", { ...EVENT, time: 1_700_000_000 }],
    ["is no time", { ...EVENT, time: "2026-13-41T00:00:00Z" }],
    ["before the year 2000", { ...EVENT, time: "1970-01-01T00:00:00Z" }],
    ["ahead", { ...EVENT, time: "2100-01-01T00:00:00Z" }],
    ["both", { ...EVENT, data: 1, data_base64: "AAAA" }],
    ["base64", { ...EVENT, data_base64: "no base64!" }],
    ["JSON", { ...EVENT, data_base64: base64("{") }],
    ["UTF-8", { ...EVENT, data_base64: "/w==" }],
    ["attributes", Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`a${at}`, 1]))],
  ])("is refused for its %s: %j", (problem, event) => {
    const read = toCloudEvent(event, NOW);
    expect(read).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe("an event in headers", () => {
  function read(headers: Record<string, string>, body = "") {
    return toBinaryEvent(new Headers({ ...HEADERS, ...headers }), Buffer.from(body), NOW);
  }

  test.each([
    [{}, "", null],
    [{ "content-type": "application/json; charset=utf-8" }, '{"a":1}', { a: 1 }],
    [{ "content-type": "application/vnd.acme+json" }, "[1]", [1]],
    [{ "content-type": "text/plain" }, "hello", "hello"],
    [{ "content-type": "application/xml" }, "<a/>", base64("<a/>")],
  ])("%j with the body %j has the data %j", (headers: Record<string, string>, body, data) => {
    expect(read(headers, body)).toMatchObject({ ok: true, event: { document: { data } } });
  });

  test.each([
    // The example of the specification.
    ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
    ["%41bc", "Abc"],
    ["a%2525b", "a%25b"],
    ['"with \\"quotes\\" and%20space"', 'with "quotes" and space'],
  ])("decodes the header %s once, to %s", (header, text) => {
    expect(read({ "ce-subject": header })).toMatchObject({
      ok: true,
      event: { document: { subject: text } },
    });
  });

  test("takes its type of data from Content-Type alone", () => {
    const both = { "ce-datacontenttype": "text/plain", "content-type": "application/json" };
    expect(read(both, "{}")).toMatchObject({
      event: { document: { datacontenttype: "application/json", data: {} } },
    });
  });

  test.each([
    ["ce-subject", "%C0%A0"],
    ["ce-subject", "%"],
    ["ce-data", "x"],
    ["ce-data_base64", "AAAA"],
    ["ce-specversion", "2.0"],
    ["ce-id", ""],
    ["content-type", "application/json"],
  ])("is refused when %s is %j", (name, value) => {
    expect(read({ [name]: value }, name === "content-type" ? "{" : "")).toMatchObject({
      ok: false,
    });
  });
});

test.each([
  ["application/json", true],
  ["Application/JSON; charset=utf-8", true],
  ["text/x+json", true],
  ["application/xml", false],
  ["application/jsonp", false],
  ["json", false],
])("%s is JSON: %s", (contentType, isJson) => {
  expect(isJsonType(contentType)).toBe(isJson);
});
