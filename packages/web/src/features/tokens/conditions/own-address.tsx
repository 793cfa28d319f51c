import { Anchor, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ownAddressQuery } from "../../../api/token-conditions.ts";
import { type ConditionDraft, conditionsOf, entriesOf, problemsOf } from "./condition-draft.ts";

interface OwnAddressProps {
  readonly draft: ConditionDraft;
  /** Puts the address among those that are allowed. */
  readonly onAdd: (address: string) => void;
}

/** From where the person asks just now, and whether the token would work there: as the server sees it. */
export function OwnAddress({ draft, onAdd }: OwnAddressProps) {
  const [settled] = useDebouncedValue(draft, 300);
  const { data: own } = useQuery(ownAddressQuery(undefined));
  const areWellWritten = !Object.keys(problemsOf(settled)).some((name) =>
    name.startsWith("addresses"),
  );
  const judged = useQuery({
    ...ownAddressQuery(conditionsOf(settled)?.addresses),
    enabled: areWellWritten,
  });
  if (own === undefined) return null;
  const isAdmitted = areWellWritten ? judged.data?.isAdmitted : undefined;
  const isAllowed = entriesOf(draft.allow).includes(own.address);
  const isOneList = draft.on.includes("allow") && !draft.on.includes("deny");
  return (
    <Text size="sm" c="dimmed" component="div" role="status">
      Your address now is <strong>{own.address}</strong>
      {isAdmitted === undefined ? "." : verdictText(isAdmitted, isOneList)}
      {isAdmitted === false && draft.on.includes("allow") && !isAllowed && (
        <>
          {" "}
          <Anchor component="button" type="button" inherit onClick={() => onAdd(own.address)}>
            Add it
          </Anchor>
        </>
      )}
    </Text>
  );
}

function verdictText(isAdmitted: boolean, isOneList: boolean): string {
  if (isOneList) return isAdmitted ? ", which is in the list." : ", which is not in the list.";
  return isAdmitted ? ": it works from there." : ": it does not work from there.";
}
