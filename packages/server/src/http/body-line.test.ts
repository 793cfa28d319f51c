import { expect, test, vi } from "vitest";
import { createBodyLine } from "./body-line.ts";

test("of each caller one is read in turn, however many one of them sends", async () => {
  const inLine = createBodyLine();
  const read: string[] = [];
  for (const name of ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]) {
    inLine(name.charAt(0), () => read.push(name));
  }
  await vi.waitFor(() => expect(read).toHaveLength(7));
  expect(read).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
});

test("after each the thread is the others' for as long as reading took", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  try {
    const inLine = createBodyLine();
    let read = 0;
    for (let count = 0; count < 2; count += 1) {
      inLine("a", () => {
        read += 1;
        vi.advanceTimersByTime(20);
      });
    }
    await vi.advanceTimersByTimeAsync(19);
    expect(read).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await vi.waitFor(() => expect(read).toBe(2));
  } finally {
    vi.useRealTimers();
  }
});

test("a reading that fails keeps nobody waiting", async () => {
  const inLine = createBodyLine();
  const fail = () => {
    throw new Error("no");
  };
  expect(() => inLine("a", fail)).toThrow("no");
  const read = vi.fn();
  inLine("b", read);
  await vi.waitFor(() => expect(read).toHaveBeenCalledOnce());
});
