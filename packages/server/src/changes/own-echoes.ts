/** Messages of this process that it will hear itself: what they took away was told here by then, or will be at the commit. */
export interface OwnEchoes {
  expect(message: string): void;
  /** It was not sent after all. */
  dismiss(message: string): void;
  /** Whether a message that was heard is one of them, which is not expected any more. */
  take(message: string): boolean;
  /** Whatever is expected may have been missed. */
  clear(): void;
}

export function createOwnEchoes(): OwnEchoes {
  const expected = new Map<string, number>();
  const take = (message: string): boolean => {
    const count = expected.get(message);
    if (count === undefined) return false;
    if (count === 1) expected.delete(message);
    else expected.set(message, count - 1);
    return true;
  };
  return {
    expect: (message) => {
      expected.set(message, (expected.get(message) ?? 0) + 1);
    },
    dismiss: (message) => void take(message),
    take,
    clear: () => expected.clear(),
  };
}
