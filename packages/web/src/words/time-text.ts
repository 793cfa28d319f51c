const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `just now`, `5 minutes ago`, `3 hours ago`, `12 days ago`, later the date itself. */
export function sinceText(at: number, now: number): string {
  const passedMs = now - at;
  if (passedMs < minuteMs) return "just now";
  if (passedMs < hourMs) return `${count(passedMs / minuteMs, "minute")} ago`;
  if (passedMs < dayMs) return `${count(passedMs / hourMs, "hour")} ago`;
  if (passedMs < 45 * dayMs) return `${count(passedMs / dayMs, "day")} ago`;
  return dateText(at);
}

/**
 * `54 s`, `5 min`, `23 h 54 min`, `6 days`: two units while it is soon, one when it is not. Each is the nearest, so that
 * seven days that have just begun are seven.
 */
export function remainingText(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(milliseconds / minuteMs);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
  return count(Math.round(milliseconds / dayMs), "day");
}

/** `Mon, Apr 7, 2025, 12:31 GMT+2`, in the reader's time zone. */
export function dateTimeText(at: number): string {
  return new Intl.DateTimeFormat("en", {
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(at);
}

/** `Apr 7, 2025`, in the reader's time zone. */
function dateText(at: number): string {
  return new Intl.DateTimeFormat("en", { year: "numeric", month: "short", day: "numeric" }).format(
    at,
  );
}

/** `Apr 7`, of a day written `2025-04-07`. */
export function dayText(day: string): string {
  const format = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });
  return format.format(new Date(`${day}T00:00:00Z`));
}

/** Whose days a chart shows, and which are not: `Each day from midnight to midnight, Asia/Tokyo`. */
export function daySpanText({
  timezone = "UTC",
  utc_before: utcBefore,
  days: [first],
}: {
  readonly timezone?: string | undefined;
  readonly utc_before?: string | undefined;
  readonly days: readonly { readonly day: string }[];
}): string {
  const isMixed = timezone !== "UTC" && utcBefore !== undefined && (first?.day ?? "") < utcBefore;
  const exception = isMixed ? `; before ${dayText(utcBefore)}, UTC` : "";
  return `Each day from midnight to midnight, ${timezone.replaceAll("_", " ")}${exception}`;
}

function count(amount: number, unit: string): string {
  const whole = Math.floor(amount);
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}
