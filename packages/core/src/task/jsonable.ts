/** `T` when it survives JSON, else a type that says what does not. */
export type Json<T> = T extends string | number | boolean | null | void
  ? T
  : T extends NotJsonable
    ? NotJson<T>
    : T extends readonly unknown[]
      ? { [K in keyof T]: Json<T[K]> }
      : T extends object
        ? {
            [K in keyof T]: undefined extends T[K]
              ? Json<Exclude<T[K], undefined>> | undefined
              : Json<T[K]>;
          }
        : unknown extends T
          ? T
          : NotJson<T>;

type NotJsonable =
  | bigint
  | symbol
  | ((...values: never[]) => unknown)
  | Date
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>;

/** JSON would lose `T`: make text, numbers, lists or plain objects of it first. */
export interface NotJson<T> {
  readonly "not JSON: convert it before returning": T;
}

export type Awaitable<T> = T | Promise<T>;
