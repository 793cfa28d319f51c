import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { tokenUsageQuery } from "../../../api/tokens.ts";
import { entriesOf } from "./condition-draft.ts";

/** So many the server remembers; there may have been more. */
const addressesKept = 10;

interface SeenAddressesProps {
  readonly tokenId: string;
  readonly text: string;
  readonly onChoose: (text: string) => void;
}

/** From where the token was really used, to be taken as the list. */
export function SeenAddresses({ tokenId, text, onChoose }: SeenAddressesProps) {
  const { data } = useQuery(tokenUsageQuery(tokenId, "address"));
  const seen = data?.addresses ?? [];
  const entries = entriesOf(text);
  const isTaken =
    seen.length === entries.length && seen.every(({ address }) => entries.includes(address));
  if (seen.length === 0 || isTaken) return null;
  const isOne = seen.length === 1;
  return (
    <Text size="sm" c="dimmed" component="div">
      {seen.length < addressesKept
        ? `Seen from ${isOne ? "one address" : `${seen.length} addresses`}, refused uses included: `
        : `Seen last from these ${seen.length} addresses, refused uses included: `}
      {seen.map(({ address, uses }) => `${address} (${uses.toLocaleString("en")})`).join(", ")}.{" "}
      <Anchor
        component="button"
        type="button"
        inherit
        onClick={() => onChoose(seen.map(({ address }) => address).join("\n"))}
      >
        {isOne ? "Limit to this" : "Limit to these"}
      </Anchor>
    </Text>
  );
}
