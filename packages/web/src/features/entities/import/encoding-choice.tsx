import { Anchor, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Name } from "../../../ui/name.tsx";
import { type Encoding, encodings, waysToRead } from "./text-encoding.ts";

interface EncodingChoiceProps {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `undefined`: it could be in several. */
  readonly encoding: Encoding | undefined;
  readonly isDisabled: boolean;
  readonly onChange: (encoding: Encoding) => void;
}

const labelOf = (encoding: Encoding) =>
  encodings.find(({ value }) => value === encoding)?.label ?? encoding;

/** How the letters of the file were read; where its bytes do not say, the person who knows the words does. */
export function EncodingChoice({ bytes, encoding, isDisabled, onChange }: EncodingChoiceProps) {
  const [isOpen, setIsOpen] = useState(encoding === undefined);
  if (encoding !== undefined && !isOpen) {
    return (
      <Text size="sm" c="dimmed">
        Read as {labelOf(encoding)}.{" "}
        {encoding.startsWith("windows") && !isDisabled && (
          <Anchor
            component="button"
            type="button"
            inherit
            underline="always"
            onClick={() => setIsOpen(true)}
          >
            The letters are wrong
          </Anchor>
        )}
      </Text>
    );
  }
  return (
    <Radio.Group
      label="Which of these reads right?"
      description="The file does not say how its letters are written."
      value={encoding ?? null}
      onChange={(value) => onChange(value as Encoding)}
    >
      <Stack gap="sm" mt="sm">
        {waysToRead(bytes).map((way) => (
          <Radio
            key={way.encoding}
            value={way.encoding}
            disabled={isDisabled}
            label={<Name>{way.sample}</Name>}
            description={labelOf(way.encoding)}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
