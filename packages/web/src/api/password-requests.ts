/** Where calls wait until the person has given the password again. */
export interface PasswordRequests {
  /** Resolves to whether it was given; all who ask meanwhile get the same answer. */
  readonly ask: () => Promise<boolean>;
  readonly answer: (isGiven: boolean) => void;
  readonly isAsking: () => boolean;
  /** Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function createPasswordRequests(): PasswordRequests {
  const listeners = new Set<() => void>();
  let asked: PromiseWithResolvers<boolean> | undefined;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  return {
    ask: () => {
      asked ??= Promise.withResolvers<boolean>();
      tell();
      return asked.promise;
    },
    answer: (isGiven) => {
      asked?.resolve(isGiven);
      asked = undefined;
      tell();
    },
    isAsking: () => asked !== undefined,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
