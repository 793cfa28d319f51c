import type { ChangeHub } from "../changes/change-hub.ts";

/** Lets tests hold changes back: `around` goes into the options of the server under test. */
export function createChangeGate() {
  let place: "before" | "after" | "nowhere" = "nowhere";
  let waiting: (() => void)[] = [];
  let arrivals: { count: number; resolve: () => void } | undefined;
  const stop = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (arrivals !== undefined && waiting.length === arrivals.count) arrivals.resolve();
    });
  return {
    around: (hub: ChangeHub): ChangeHub => ({
      ...hub,
      change: async (actor, work) => {
        if (place === "before") await stop();
        return hub.change(actor, async (change) => {
          const result = await work(change);
          if (place === "after") await stop();
          return result;
        });
      },
    }),
    /** Holds every change from now on: before its transaction begins, or after its work and before its commit. */
    close: (where: "before" | "after"): void => {
      place = where;
    },
    /** Resolves when so many changes are held; those that come later pass. */
    whenHeld: async (count: number): Promise<void> => {
      if (waiting.length < count) {
        await new Promise<void>((resolve) => {
          arrivals = { count, resolve };
        });
      }
      place = "nowhere";
    },
    release: (): void => {
      for (const resume of waiting) resume();
      waiting = [];
      arrivals = undefined;
    },
  };
}
