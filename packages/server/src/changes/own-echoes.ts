import type { MessageSender } from "../store/database.ts";

/**
 * Messages of this process that it will hear itself: what they took away was told here by then, or will be at the commit.
 * Others send messages of the same words: theirs come by other connections.
 */
export interface OwnEchoes {
  expect(sender: MessageSender, message: string): void;
  /** It was not sent after all. */
  dismiss(sender: MessageSender, message: string): void;
  /** Whether a message that was heard is one of them, which is not expected any more. */
  take(sender: MessageSender, message: string): boolean;
  /** Whatever is expected may have been missed. */
  clear(): void;
}

export function createOwnEchoes(): OwnEchoes {
  const expected = new Map<string, number>();
  const keyOf = (sender: MessageSender, message: string) => `${sender} ${message}`;
  const take = (sender: MessageSender, message: string): boolean => {
    const key = keyOf(sender, message);
    const count = expected.get(key);
    if (count === undefined) return false;
    if (count === 1) expected.delete(key);
    else expected.set(key, count - 1);
    return true;
  };
  return {
    expect: (sender, message) => {
      const key = keyOf(sender, message);
      expected.set(key, (expected.get(key) ?? 0) + 1);
    },
    dismiss: (sender, message) => void take(sender, message),
    take,
    clear: () => expected.clear(),
  };
}
