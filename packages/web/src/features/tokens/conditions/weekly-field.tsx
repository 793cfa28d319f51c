import { ActionIcon, Button, Chip, Group, Input, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { maximumCount, weekdays } from "@tessera/sdk";
import { useMemo } from "react";
import { Picker } from "../../../ui/picker.tsx";
import { useListed } from "../../../ui/use-listed.ts";
import { dayNames, type Weekday, windowText } from "../../../words/condition-text.ts";
import {
  type ConditionDraft,
  type ConditionProblems,
  nextWindow,
  type WindowDraft,
} from "./condition-draft.ts";
import classes from "./conditions.module.css";

interface WeeklyFieldProps {
  readonly draft: ConditionDraft;
  readonly problems: ConditionProblems;
  readonly onChange: (part: Partial<ConditionDraft>) => void;
}

/** A week of them fits on one line of the form. */
const narrowChip = () => ({ root: { "--chip-padding": "11px", "--chip-checked-padding": "7px" } });

/** Times of the week by the clocks of one zone. */
export function WeeklyField({ draft, problems, onChange }: WeeklyFieldProps) {
  const { timezone, windows } = draft;
  const zones = useMemo(() => zonesWith(timezone), [timezone]);
  const listed = useListed(zones, "No such time zone");
  const none = problems["weekly.windows"];
  const replace = (changed: WindowDraft) =>
    onChange({ windows: windows.map((one) => (one.key === changed.key ? changed : one)) });
  return (
    <>
      <Picker
        {...listed}
        label="Time zone"
        isRequired
        placeholder="Search by city"
        maxWidth={320}
        isMany={false}
        chosen={zones.filter(({ value }) => value === timezone)}
        error={problems["weekly.timezone"]}
        onChoose={([chosen]) => chosen !== undefined && onChange({ timezone: chosen.value })}
      />
      {windows.map((window, index) => (
        <WindowRow
          key={window.key}
          window={window}
          number={index + 1}
          problemOf={(member) => problems[`weekly.windows.${index}.${member}`]}
          onChange={replace}
          onRemove={
            windows.length === 1
              ? undefined
              : () => onChange({ windows: windows.filter(({ key }) => key !== window.key) })
          }
        />
      ))}
      {none !== undefined && <Input.Error>{none}</Input.Error>}
      {windows.length < maximumCount.conditionWindows && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange({ windows: [...windows, nextWindow(windows)] })}
          >
            Add a time
          </Button>
        </Group>
      )}
    </>
  );
}

interface WindowRowProps {
  readonly window: WindowDraft;
  /** From 1, to tell rows apart by ear. */
  readonly number: number;
  readonly problemOf: (member: "days" | "from" | "to") => string | undefined;
  readonly onChange: (window: WindowDraft) => void;
  readonly onRemove: (() => void) | undefined;
}

function WindowRow({ window, number, problemOf, onChange, onRemove }: WindowRowProps) {
  const { days, from, to } = window;
  const isComplete = days.length > 0 && from !== "" && to !== "";
  return (
    <fieldset className={classes.window} aria-label={`Time ${number}`}>
      <Input.Wrapper
        label="Days"
        withAsterisk
        error={problemOf("days")}
        labelElement="div"
        className={classes.days ?? ""}
      >
        <Chip.Group
          multiple
          value={[...days]}
          onChange={(chosen) => onChange({ ...window, days: inOrder(chosen) })}
        >
          <Group gap={6} mt={2}>
            {weekdays.map((day) => (
              <Chip key={day} value={day} size="sm" radius="sm" vars={narrowChip}>
                {dayNames[day]}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Input.Wrapper>
      <TextInput
        type="time"
        label="From"
        withAsterisk
        value={from}
        error={problemOf("from")}
        onChange={(event) => onChange({ ...window, from: event.currentTarget.value })}
      />
      <TextInput
        type="time"
        label="To"
        withAsterisk
        value={to}
        error={problemOf("to")}
        onChange={(event) => onChange({ ...window, to: event.currentTarget.value })}
      />
      {onRemove !== undefined && (
        <Tooltip label="Remove this time">
          <ActionIcon
            variant="default"
            size={34}
            className={classes.remove ?? ""}
            aria-label={`Remove time ${number}`}
            onClick={onRemove}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      {isComplete && (
        <Text size="xs" c="dimmed" className={classes.said ?? ""}>
          {windowText({ days: [...days], from, to: to === "00:00" ? "24:00" : to })}
        </Text>
      )}
    </fieldset>
  );
}

function inOrder(chosen: readonly string[]): readonly Weekday[] {
  return weekdays.filter((day) => chosen.includes(day));
}

/** All that the browser knows by name, which leaves out some that are none of a place. */
function zonesWith(timezone: string) {
  const names = new Set([timezone, "UTC", ...Intl.supportedValuesOf("timeZone")]);
  return [...names].map((name) => ({
    value: name,
    label: name,
    alsoCalled: name.replaceAll("_", " "),
  }));
}
