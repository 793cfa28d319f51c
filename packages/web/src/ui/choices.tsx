import { type ComboboxItem, Group, Pill } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Name } from "./name.tsx";

interface ChoiceProps {
  readonly option: ComboboxItem;
  readonly checked?: boolean | undefined;
}

/** What a list offers, which may be a name; for every list that says nothing else. */
export function renderChoice({ option, checked }: ChoiceProps) {
  return (
    <Group gap={8} wrap="nowrap" miw={0} style={{ overflowWrap: "anywhere" }}>
      {checked === true && <IconCheck size={14} aria-hidden style={{ flex: "none" }} />}
      <Name>{option.label}</Name>
    </Group>
  );
}

interface ChosenProps {
  readonly option?: { readonly label: string } | undefined;
  readonly value?: string | undefined;
  readonly onRemove?: (() => void) | undefined;
  readonly disabled?: boolean | undefined;
}

/** What was chosen or typed, which may be a name; for every field that says nothing else. */
export function renderChosen({ option, value, onRemove, disabled }: ChosenProps) {
  return (
    <Pill
      withRemoveButton={disabled !== true}
      {...(disabled === undefined ? {} : { disabled })}
      {...(onRemove === undefined ? {} : { onRemove })}
    >
      <Name isLine>{option?.label ?? value}</Name>
    </Pill>
  );
}
