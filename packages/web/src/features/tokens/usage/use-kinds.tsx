import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import type { UsageKind } from "../../../api/tokens.ts";
import { UsedAddresses } from "./used-addresses.tsx";
import { UsedObjects } from "./used-objects.tsx";
import { UsedOperations } from "./used-operations.tsx";

const kinds = [
  { value: "operation", label: "What it did", List: UsedOperations },
  { value: "object", label: "With what", List: UsedObjects },
  { value: "address", label: "From where", List: UsedAddresses },
] as const satisfies readonly { value: UsageKind; label: string; List: unknown }[];

/** The uses of the last days, told apart by one thing after another. */
export function UseKinds({ tokenId }: { readonly tokenId: string }) {
  const [shown, setShown] = useState<UsageKind>("operation");
  const List = kinds.find(({ value }) => value === shown)?.List ?? UsedOperations;
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Uses by"
        data={kinds.map(({ value, label }) => ({ value, label }))}
        value={shown}
        onChange={(value) => setShown(value)}
        w="fit-content"
        maw="100%"
      />
      <List tokenId={tokenId} />
    </Stack>
  );
}
