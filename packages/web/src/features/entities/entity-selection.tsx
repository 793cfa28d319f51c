import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Entity, EntityTypeName } from "../../api/entities.ts";
import { possibleQuery } from "../../api/rights.ts";
import { SelectionBar } from "../../ui/selection-bar.tsx";
import type { Selection } from "../../ui/use-selection.ts";
import { type BulkAction, bulkActionsOf } from "./bulk-actions.ts";
import { BulkEntities } from "./bulk-entities.tsx";

interface EntitySelectionProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly selection: Selection<Entity>;
}

/** What can be done to the chosen entities: what the person may do to some of them at least. */
export function EntitySelection({ type, domainId, selection }: EntitySelectionProps) {
  const [action, setAction] = useState<BulkAction>();
  const actions = bulkActionsOf(type);
  const { data: possible } = useQuery(
    possibleQuery(
      domainId,
      type,
      actions.map(({ operation }) => operation),
      selection.chosen.map(({ id }) => id),
    ),
  );
  return (
    <>
      <SelectionBar count={selection.chosen.length} onClear={() => selection.keep([])}>
        {actions.map(
          ({ action: one, label, Icon, operation }) =>
            possible?.has(operation) === true && (
              <Button
                key={one}
                variant="default"
                size="xs"
                leftSection={<Icon size={15} aria-hidden />}
                onClick={() => setAction(one)}
              >
                {label}
              </Button>
            ),
        )}
      </SelectionBar>
      {action !== undefined && (
        <BulkEntities
          action={action}
          type={type}
          domainId={domainId}
          entities={selection.chosen}
          onEnd={selection.keep}
          onClose={() => setAction(undefined)}
        />
      )}
    </>
  );
}
