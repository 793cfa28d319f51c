import { Badge, Text } from "@mantine/core";
import type { CatalogueType } from "../../api/catalogue.ts";
import classes from "./reach.module.css";

interface OperationsProps {
  readonly type: CatalogueType;
  readonly operations: readonly { readonly name: string; readonly isAllowed: boolean }[];
  /** Said where there is none. */
  readonly nothing: string;
}

/** What may be done with an object, in words; all of it in one. */
export function Operations({ type, operations, nothing }: OperationsProps) {
  if (operations.length === 0) {
    return (
      <Text component="span" size="sm" c="dimmed">
        {nothing}
      </Text>
    );
  }
  const isEverything =
    operations.length === type.operations.length && operations.every(({ isAllowed }) => isAllowed);
  if (isEverything) return <Operation summary="Everything" isAllowed />;
  return (
    <>
      {operations.map(({ name, isAllowed }) => (
        <Operation
          key={name}
          summary={type.operations.find((row) => row.name === name)?.summary ?? name}
          isAllowed={isAllowed}
        />
      ))}
    </>
  );
}

function Operation({
  summary,
  isAllowed,
}: {
  readonly summary: string;
  readonly isAllowed: boolean;
}) {
  return (
    <Badge
      variant={isAllowed ? "light" : "default"}
      color={isAllowed ? "verdigris" : "gray"}
      tt="none"
      fw={500}
      miw="max-content"
      className={isAllowed ? "" : (classes.refused ?? "")}
    >
      {summary}
      {!isAllowed && <span className={classes.not}> · not now</span>}
    </Badge>
  );
}
