/** At once where nothing has to be waited for. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on at once where there is no promise: the hot path has none. A module that exports `then` would be one. */
export function andThen<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => R | Promise<R>,
): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
