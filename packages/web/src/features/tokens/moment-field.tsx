import "@mantine/dates/styles.css";
import { DateTimePicker } from "@mantine/dates";

interface MomentFieldProps {
  /** `YYYY-MM-DD HH:mm:ss` in the person's time zone. */
  readonly until: string | null;
  readonly error: string | undefined;
  readonly now: number;
  readonly maxLifetimeSeconds: number;
  readonly onChange: (until: string | null) => void;
}

/** A date and a time at which a token shall expire. */
export function MomentField({ until, error, now, maxLifetimeSeconds, onChange }: MomentFieldProps) {
  return (
    <DateTimePicker
      label="Expires on"
      withAsterisk
      maw={320}
      placeholder="Pick date and time"
      valueFormat="MMM D, YYYY HH:mm"
      defaultTimeValue="12:00"
      minDate={new Date(now)}
      maxDate={new Date(now + maxLifetimeSeconds * 1000)}
      value={until}
      onChange={onChange}
      error={error}
    />
  );
}
