import { createContext, useContext, useEffect, useState } from "react";

/** The clock that the app goes by, in milliseconds since the epoch. */
export const ClockContext = createContext<() => number>(Date.now);

export function useClock(): () => number {
  return useContext(ClockContext);
}

/** The current time in milliseconds since the epoch, moving on every `periodMs`. */
export function useNow(periodMs = 20_000): number {
  const clock = useClock();
  const [now, setNow] = useState(clock);
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), periodMs);
    return () => clearInterval(timer);
  }, [clock, periodMs]);
  return now;
}
