import { isRecord } from "../spec/json.ts";

/** What data from outside must look like. Tells `walk` of each place that does not. */
export type Shape = (value: unknown, path: string, walk: Walk) => void;

/** One pass over a value. */
interface Walk {
  readonly problems: string[];
  depth: number;
}

/** Whoever mends the first of them may have mended the others. */
const PROBLEMS_MAX = 10;
const DEPTH_MAX = 200;
const SHOWN_MAX = 80;

/**
 * Where `value` has not the given shape: at most ten places, each as a path with what is there and
 * what must be, without a full stop. Never throws.
 */
export function shapeProblems(value: unknown, shape: Shape, path = ""): string[] {
  const walk: Walk = { problems: [], depth: 0 };
  shape(value, path, walk);
  return walk.problems.slice(0, PROBLEMS_MAX);
}

export const text: Shape = expect("a text", (value) => typeof value === "string");
export const flag: Shape = expect("true or false", (value) => typeof value === "boolean");
/** Also one that is none: ranges are checked with the words of what they are for. */
export const number: Shape = expect("a number", (value) => typeof value === "number");
/** What JSON can carry is looked at elsewhere, for the whole. */
export const anything: Shape = () => {};

/** Exactly this: `format: 1`, `failFast: true`. */
export function exactly(wanted: string | number | boolean): Shape {
  return expect(JSON.stringify(wanted), (value) => value === wanted);
}

export function nullOr(shape: Shape): Shape {
  return (value, path, walk) => {
    if (value !== null) shape(value, path, walk);
  };
}

export function list(shape: Shape): Shape {
  return (value, path, walk) => {
    if (!Array.isArray(value)) return say(walk, path, value, "a list");
    within(walk, path, () => {
      for (const [at, item] of (value as readonly unknown[]).entries()) {
        if (isDone(walk)) return;
        shape(item, `${path}[${at}]`, walk);
      }
    });
  };
}

/** An object whose members all have one shape, under names of the user's. */
export function record(shape: Shape): Shape {
  return (value, path, walk) => {
    if (!isRecord(value)) return say(walk, path, value, "an object");
    within(walk, path, () => {
      for (const key of Object.keys(value)) {
        if (isDone(walk)) return;
        shape(value[key], memberPath(path, key), walk);
      }
    });
  };
}

type Members = Readonly<Record<string, Shape>>;

/** Members that it must have, and those that it may have. Of others nothing is asked. */
export function object(must: Members, may: Members = {}): Shape {
  return (value, path, walk) => {
    if (!isRecord(value)) return say(walk, path, value, "an object");
    within(walk, path, () => {
      for (const [key, shape] of Object.entries(must)) {
        shape(ownOf(value, key), memberPath(path, key), walk);
      }
      for (const [key, shape] of Object.entries(may)) {
        const member = ownOf(value, key);
        if (member !== undefined) shape(member, memberPath(path, key), walk);
      }
    });
  };
}

/** An object whose member `tag` says which of several it is. */
export function tagged(tag: string, shapes: Members): Shape {
  const known = Object.keys(shapes).join(", ");
  return (value, path, walk) => {
    if (!isRecord(value)) return say(walk, path, value, "an object");
    const name = ownOf(value, tag);
    const shape =
      typeof name === "string" && Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (shape === undefined) return say(walk, memberPath(path, tag), name, `one of ${known}`);
    shape(value, path, walk);
  };
}

/** The shape that `choose` finds for a value; null: none, and `wanted` says what would have one. */
export function chosen(wanted: string, choose: (value: unknown) => Shape | null): Shape {
  return (value, path, walk) => {
    const shape = choose(value);
    if (shape === null) return say(walk, path, value, wanted);
    shape(value, path, walk);
  };
}

/** For shapes that contain themselves. */
export function later(shape: () => Shape): Shape {
  return (value, path, walk) => shape()(value, path, walk);
}

function expect(wanted: string, holds: (value: unknown) => boolean): Shape {
  return (value, path, walk) => {
    if (!holds(value)) say(walk, path, value, wanted);
  };
}

function within(walk: Walk, path: string, look: () => void): void {
  if (isDone(walk)) return;
  if (walk.depth >= DEPTH_MAX) {
    walk.problems.push(`${path.slice(0, SHOWN_MAX)}… is nested deeper than ${DEPTH_MAX}`);
    return;
  }
  walk.depth += 1;
  look();
  walk.depth -= 1;
}

function isDone({ problems }: Walk): boolean {
  return problems.length >= PROBLEMS_MAX;
}

function say(walk: Walk, path: string, value: unknown, wanted: string): void {
  const at = path === "" ? "it" : path;
  walk.problems.push(`${at} is ${shown(value)}, and must be ${wanted}`);
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null || typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "string") return typeof value === "object" ? "an object" : typeof value;
  return value.length > SHOWN_MAX
    ? `${JSON.stringify(value.slice(0, SHOWN_MAX))}…`
    : JSON.stringify(value);
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]{0,62}$/.test(key)) return `${path}[${shown(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Never what objects inherit. */
function ownOf(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
