import { Pill } from "@mantine/core";
import { Name } from "./name.tsx";

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
