import { useEffect, useState } from "react";

/** The current time in milliseconds since the epoch, moving on every `periodMs`. */
export function useNow(periodMs = 20_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
  return now;
}
