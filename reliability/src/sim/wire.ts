/** What a server sent in answer to one statement. */
export interface WireAnswer {
  readonly parameterTypes: readonly number[];
  readonly columns: readonly WireColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** The command tag, e.g. `UPDATE 3`; null when none completed. */
  readonly tag: string | null;
  /** The fields of an ErrorResponse by their letter; null when there was none. */
  readonly error: Readonly<Record<string, string>> | null;
}

export interface WireColumn {
  readonly name: string;
  readonly type: number;
}

const HEADER_BYTES = 5;

/** Parses a statement under a name, and asks what it takes and gives. */
export function parseMessage(name: string, text: string): Buffer {
  const parse = frame("P", [cstring(name), cstring(text), int16(0)]);
  const describe = frame("D", [Buffer.from("S"), cstring(name)]);
  return Buffer.concat([parse, describe, SYNC]);
}

/** Runs a parsed statement; all values travel as text. */
export function executeMessage(name: string, values: readonly (string | null)[]): Buffer {
  const head = [cstring(""), cstring(name), int16(0), int16(values.length)];
  const bind = frame("B", [...head, ...values.flatMap(valueParts), int16(0)]);
  const execute = frame("E", [cstring(""), int32(0)]);
  return Buffer.concat([bind, execute, SYNC]);
}

/** Reads all messages of an answer. */
export function readAnswer(bytes: Uint8Array): WireAnswer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let answer: WireAnswer = { parameterTypes: [], columns: [], rows: [], tag: null, error: null };
  const rows: (string | null)[][] = [];
  for (let at = 0; at < buffer.length;) {
    const kind = String.fromCharCode(buffer[at] ?? 0);
    const length = buffer.readInt32BE(at + 1);
    const body = buffer.subarray(at + HEADER_BYTES, at + 1 + length);
    at += 1 + length;
    if (kind === "D") rows.push(readRow(body));
    else if (kind === "t") answer = { ...answer, parameterTypes: readTypes(body) };
    else if (kind === "T") answer = { ...answer, columns: readColumns(body) };
    else if (kind === "C") answer = { ...answer, tag: body.toString("utf8", 0, body.length - 1) };
    else if (kind === "E") answer = { ...answer, error: answer.error ?? readFields(body) };
  }
  return { ...answer, rows };
}

function frame(kind: string, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(kind), int32(length), ...parts]);
}

const SYNC = frame("S", []);

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function valueParts(value: string | null): Buffer[] {
  if (value === null) return [int32(-1)];
  const bytes = Buffer.from(value);
  return [int32(bytes.length), bytes];
}

function readRow(body: Buffer): (string | null)[] {
  let at = 2;
  return Array.from({ length: body.readUInt16BE(0) }, () => {
    const length = body.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    at += length;
    return body.toString("utf8", at - length, at);
  });
}

function readTypes(body: Buffer): number[] {
  return Array.from({ length: body.readUInt16BE(0) }, (_, i) => body.readUInt32BE(2 + i * 4));
}

/** After its name, a column has 18 bytes: table, number, type (4 bytes at 6), and sizes. */
function readColumns(body: Buffer): WireColumn[] {
  let at = 2;
  return Array.from({ length: body.readUInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString("utf8", at, end);
    at = end + 19;
    return { name, type: body.readUInt32BE(end + 7) };
  });
}

function readFields(body: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at + 1);
    fields[String.fromCharCode(body[at] ?? 0)] = body.toString("utf8", at + 1, end);
    at = end + 1;
  }
  return fields;
}
