import { CloseButton, Pill, PillsInput, Popover, TextInput } from "@mantine/core";
import { useId } from "@mantine/hooks";
import { IconSelector } from "@tabler/icons-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { isolated } from "../words/foreign-text.ts";
import { useTouch } from "./dialog.tsx";
import { Name } from "./name.tsx";
import { optionId, PickerList, PickerNews } from "./picker-list.tsx";
import { type Choice, isUnread, type PickerState, usePicker } from "./use-picker.ts";

interface PickerProps extends PickerState {
  readonly label: string;
  /** The label is known from elsewhere and only read aloud. */
  readonly isLabelHidden?: boolean;
  readonly description?: ReactNode;
  readonly placeholder: string;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
  /** One that is chosen can be taken back. */
  readonly isClearable?: boolean;
  /** A dialog begins with this field. */
  readonly isFirst?: boolean;
  /** The choices are words of the API. */
  readonly isCode?: boolean;
  /** In pixels; absent: all there is. */
  readonly maxWidth?: number;
  /** How one of many that are chosen looks. */
  readonly renderPill?: (choice: Choice, remove: () => void) => ReactNode;
}

/** Chooses one thing, or several, by typing a part of what it is called: the one picker of the app. */
export function Picker(props: PickerProps) {
  const { label, found, isMany, isDisabled = false } = props;
  /** What was chosen here is called so before it is read again. */
  const [named, setNamed] = useState<readonly Choice[]>([]);
  const chosen = props.chosen.map((choice) =>
    isUnread(choice) ? (named.find(({ value }) => value === choice.value) ?? choice) : choice,
  );
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const touch = useTouch();
  const onChoose = (next: readonly Choice[]) => {
    touch();
    setNamed(next);
    props.onChoose(next);
  };
  const picker = usePicker({ ...props, chosen, onChoose });
  const { isOpen, activeIndex } = picker;
  const open = () => {
    if (isDisabled) return;
    picker.open();
    // What is typed next takes the place of what stands there.
    if (picker.typed === null) input.current?.select();
  };
  const field = {
    ref: input,
    role: "combobox",
    autoComplete: "off",
    spellCheck: false,
    disabled: isDisabled,
    inputMode: props.isShort === true ? "none" : undefined,
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    "aria-expanded": isOpen,
    ...(isOpen ? { "aria-controls": listId, "data-mantine-stop-propagation": true } : {}),
    ...(isOpen && activeIndex >= 0
      ? { "aria-activedescendant": optionId(listId, activeIndex) }
      : {}),
    ...(props.isFirst === true ? { "data-autofocus": true } : {}),
    onKeyDown: picker.onKeyDown,
    onBlur: picker.close,
    // What is looked for is nothing that was entered.
    onInput: (event: FormEvent) => event.stopPropagation(),
  } as const;
  const around = {
    label: props.isLabelHidden === true ? undefined : label,
    description: props.description,
    error: props.error,
    withAsterisk: props.isRequired === true,
    ...(props.maxWidth === undefined ? {} : { maw: props.maxWidth }),
  };
  const remove = ({ value }: Choice) => onChoose(chosen.filter((choice) => choice.value !== value));
  return (
    <>
      <Popover
        opened={isOpen}
        width="target"
        position="bottom-start"
        offset={4}
        shadow="md"
        withRoles={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        transitionProps={{ duration: 0 }}
        styles={{ dropdown: { padding: 0, minWidth: 230 } }}
      >
        <Popover.Target>
          {isMany ? (
            <PillsInput
              {...around}
              disabled={isDisabled}
              onClick={(event) => {
                if (event.target instanceof Element && event.target.closest("button") !== null)
                  return;
                open();
              }}
            >
              <Pill.Group>
                {chosen.map((choice) =>
                  props.renderPill === undefined ? (
                    <Pill
                      key={choice.value}
                      withRemoveButton
                      removeButtonProps={{
                        "aria-label": `Remove ${isolated(choice.label)}`,
                        "aria-hidden": false,
                      }}
                      onRemove={() => remove(choice)}
                    >
                      <Name isLine>{choice.label}</Name>
                    </Pill>
                  ) : (
                    props.renderPill(choice, () => remove(choice))
                  ),
                )}
                <PillsInput.Field
                  {...field}
                  {...(props.isLabelHidden === true ? { "aria-label": label } : {})}
                  dir="auto"
                  placeholder={chosen.length === 0 ? props.placeholder : ""}
                  value={picker.typed ?? ""}
                  onChange={(event) => picker.type(event.currentTarget.value)}
                />
              </Pill.Group>
            </PillsInput>
          ) : (
            <TextInput
              {...around}
              {...field}
              {...(props.isLabelHidden === true ? { "aria-label": label } : {})}
              placeholder={props.placeholder}
              value={picker.typed ?? textOf(chosen[0])}
              onClick={open}
              onChange={(event) => picker.type(event.currentTarget.value)}
              rightSection={
                props.isClearable === true && chosen.length > 0 ? (
                  <CloseButton
                    size="sm"
                    aria-label={`Clear ${label.toLowerCase()}`}
                    onClick={() => onChoose([])}
                  />
                ) : (
                  <IconSelector size={16} aria-hidden style={{ pointerEvents: "none" }} />
                )
              }
            />
          )}
        </Popover.Target>
        <Popover.Dropdown>
          <PickerList
            id={listId}
            label={label}
            found={found}
            picker={picker}
            isCode={props.isCode === true}
          />
        </Popover.Dropdown>
      </Popover>
      <PickerNews found={found} isOpen={isOpen} />
    </>
  );
}

/** What the field says of what is chosen. */
function textOf(choice: Choice | undefined): string {
  if (choice === undefined) return "";
  const { above = [], label } = choice;
  // Alone it runs as its own letters do; beside others none may reorder another.
  return above.length === 0 ? label : [...above, label].map(isolated).join(" / ");
}
