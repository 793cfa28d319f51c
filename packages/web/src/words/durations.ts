import { parseDuration } from "@tessera/sdk";

/** The lifetimes offered; whatever is longer than the server's maximum is left out. */
const offered = [
  { value: "24h", label: "24 hours" },
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
  { value: "90d", label: "90 days" },
  { value: "365d", label: "1 year" },
] as const;

export const customDuration = "custom";

/** What a person chose: one of the offered lifetimes, or a moment of their own. */
export interface DurationChoice {
  /** A duration the server understands, or {@link customDuration}. */
  readonly value: string;
  /** For a custom one: `YYYY-MM-DDTHH:mm` in the person's time zone, or null. */
  readonly until: string | null;
}

export function durationChoices(maxLifetimeSeconds: number) {
  return [
    ...offered.filter(({ value }) => (parseDuration(value) ?? 0) <= maxLifetimeSeconds * 1000),
    { value: customDuration, label: "Custom date and time" },
  ];
}

/** When a token made now would expire; `undefined` while that is not chosen. */
export function expiryOf(choice: DurationChoice, now: number): number | undefined {
  if (choice.value !== customDuration) {
    const lifetimeMs = parseDuration(choice.value);
    return lifetimeMs === undefined ? undefined : now + lifetimeMs;
  }
  if (choice.until === null) return undefined;
  const at = Date.parse(choice.until);
  return Number.isNaN(at) ? undefined : at;
}

/** A moment as fields for date and time write it, `YYYY-MM-DDTHH:mm` in the person's time zone. */
export function localMinute(at: number): string {
  const pad = (part: number) => String(part).padStart(2, "0");
  const date = new Date(at);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** What is wrong with the choice, as a sentence; `undefined`: nothing. */
export function durationProblem(
  choice: DurationChoice,
  now: number,
  maxLifetimeSeconds: number,
): string | undefined {
  const expiresAt = expiryOf(choice, now);
  if (expiresAt === undefined) return "Choose how long the token is valid";
  if (expiresAt <= now) return "Choose a time in the future";
  if (expiresAt - now > maxLifetimeSeconds * 1000) {
    return `This server allows at most ${Math.floor(maxLifetimeSeconds / 86_400)} days`;
  }
  return undefined;
}

/** The choice as the server wants it: how long, or until when. */
export function lifetimeOf(choice: DurationChoice): { duration: string } | { expires_at: string } {
  if (choice.value !== customDuration || choice.until === null) return { duration: choice.value };
  return { expires_at: new Date(choice.until).toISOString() };
}
