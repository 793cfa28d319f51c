import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import type { EntityTypeName } from "../api/entities.ts";
import { listedEntityQuery } from "../api/entity-lists.ts";
import { Picker } from "../ui/picker.tsx";
import type { Choice } from "../ui/use-picker.ts";
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
  const [named, setNamed] = useState<Choice>();
  const chosen = useChosen(props, value === null ? [] : [value]).map((choice) =>
    // What was chosen here is called so before it is read again.
    choice.label === choice.value && named?.value === choice.value ? named : choice,
  );
  return (
    <Picker
      {...props}
      {...useEnabled(props)}
      isMany={false}
      isClearable={props.isRequired !== true}
      chosen={chosen}
      onChoose={([choice]) => {
        setNamed(choice);
        onChange(choice?.value ?? null);
      }}
    />
  );
}

interface EntitiesPickerProps extends PickerProps {
  readonly value: readonly string[];
  readonly onChange: (ids: string[]) => void;
}

/** Chooses enabled entities by parts of their names. */
export function EntitiesPicker({ value, onChange, ...props }: EntitiesPickerProps) {
  const [known, setKnown] = useState<readonly Choice[]>([]);
  return (
    <Picker
      {...props}
      {...useEnabled(props)}
      isMany
      chosen={known.filter((choice) => value.includes(choice.value))}
      onChoose={(chosen) => {
        setKnown(chosen);
        onChange(chosen.map((choice) => choice.value));
      }}
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
