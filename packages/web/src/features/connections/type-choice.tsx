import { Checkbox, Stack } from "@mantine/core";
import { type ConnectionType, connectionTypes } from "./connection-types.ts";

interface TypeChoiceProps {
  readonly label: string;
  readonly types: readonly ConnectionType[];
  readonly value: string[];
  readonly onChange: (types: string[]) => void;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
}

/** In which ways a client is connected with a channel. */
export function TypeChoice(props: TypeChoiceProps) {
  const { label, types, value, onChange, error, isRequired = true } = props;
  return (
    <Checkbox.Group
      label={label}
      withAsterisk={isRequired}
      value={value}
      onChange={onChange}
      error={error}
    >
      <Stack gap="xs" mt="xs">
        {connectionTypes
          .filter(({ type }) => types.includes(type))
          .map(({ type, label: text, description }) => (
            <Checkbox key={type} value={type} label={text} description={description} />
          ))}
      </Stack>
    </Checkbox.Group>
  );
}
