import { useQueries } from "@tanstack/react-query";
import type { EntityTypeName } from "../api/entities.ts";
import { listedEntityQuery } from "../api/entity-lists.ts";
import { Picker } from "../ui/picker.tsx";
import { type Choice, unread } from "../ui/use-picker.ts";
import { useChoices, useFoundEntities } from "./found.ts";

interface PickerProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly label: string;
  readonly placeholder: string;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  /** What is not on offer, by id. */
  readonly without?: readonly string[];
}

interface EntityPickerProps extends PickerProps {
  readonly value: string | null;
  readonly onChange: (id: string | null) => void;
}

/** Chooses one enabled entity by a part of its name. */
export function EntityPicker({ value, onChange, ...props }: EntityPickerProps) {
  const chosen = useChosen(props, value === null ? [] : [value]);
  return (
    <Picker
      {...props}
      {...useEnabled(props)}
      isMany={false}
      isClearable={props.isRequired !== true}
      chosen={chosen}
      onChoose={([choice]) => onChange(choice?.value ?? null)}
    />
  );
}

interface EntitiesPickerProps extends PickerProps {
  readonly value: readonly string[];
  readonly onChange: (ids: string[]) => void;
}

/** Chooses enabled entities by parts of their names. */
export function EntitiesPicker({ value, onChange, ...props }: EntitiesPickerProps) {
  return (
    <Picker
      {...props}
      {...useEnabled(props)}
      isMany
      chosen={value.map(unread)}
      onChoose={(chosen) => onChange(chosen.map((choice) => choice.value))}
    />
  );
}

function useEnabled({ type, domainId, without = [] }: PickerProps) {
  const nothing = `No enabled ${type} found`;
  return useFoundEntities({ type, domainId, status: "enabled", without, nothing });
}

/** What is chosen, by name wherever the choice came from. */
function useChosen({ type, domainId }: PickerProps, ids: readonly string[]): readonly Choice[] {
  const read = useQueries({ queries: ids.map((id) => listedEntityQuery(type, domainId, id)) });
  return useChoices(
    type,
    domainId,
    ids.map((id, index) => read[index]?.data ?? { id, name: "", status: "" }),
  );
}
