import { type Load, runLoad } from "./load.ts";

// A process of its own that makes load until it is told to stop: the load beside which others are measured.

const stopping = new AbortController();
process.on("message", (message: Omit<Load, "signal"> | "stop") => {
  if (message === "stop") stopping.abort();
  else void begin(message);
});
process.once("disconnect", () => process.exit());

async function begin(load: Omit<Load, "signal">): Promise<void> {
  process.send?.(await runLoad({ ...load, signal: stopping.signal }));
}
