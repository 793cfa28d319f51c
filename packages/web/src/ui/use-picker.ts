import { type KeyboardEvent, useState } from "react";

/** One of the things to choose from. Its texts have nothing hidden in them any more. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  /** What it lies in, from the top. */
  readonly above?: readonly string[];
  /** Said below it. */
  readonly hint?: string;
  /** Other words by which it is found. */
  readonly alsoCalled?: string;
}

/** A choice of which nothing is known but its value; where it was chosen in the picker it has the name from there. */
export function unread(value: string): Choice {
  return { value, label: value };
}

export function isUnread({ value, label }: Choice): boolean {
  return label === value;
}

/** What there is to choose from, for what is typed. */
export interface Found {
  readonly choices: readonly Choice[];
  /** How many more there are. */
  readonly left: number;
  /** The choices are not those for what is typed yet. */
  readonly isLooking: boolean;
  /** Said when there are none. */
  readonly nothing: string;
  /** Reads more of those that are left. */
  readonly onMore?: () => void;
}

export interface PickerState {
  readonly found: Found;
  /** Is told what is typed; null when the list is closed. */
  readonly onType: (text: string | null) => void;
  /** All choices are seen at once: no keyboard comes up on a screen to type a part of one. */
  readonly isShort?: boolean;
  /** Stands first while nothing is typed. */
  readonly pinned?: Choice | undefined;
  /** What of it is not read yet is {@link unread}. */
  readonly chosen: readonly Choice[];
  readonly isMany: boolean;
  readonly onChoose: (chosen: readonly Choice[]) => void;
}

/** The choice that reads more of them; no id looks like it. */
const more = "\u0000more";

/** What a picker does, whatever it looks like: one list, walked through by keys or chosen from by pointer. */
export function usePicker({ found, onType, pinned, chosen, isMany, onChoose }: PickerState) {
  const [isOpen, setIsOpen] = useState(false);
  /** null: nothing since the list was opened. */
  const [typed, setTyped] = useState<string | null>(null);
  /** The value that the keys or the pointer went to; null: nowhere yet. */
  const [reached, setReached] = useState<string | null>(null);
  const isSearching = (typed ?? "").trim() !== "";
  const isChosen = ({ value }: Choice) => chosen.some((one) => one.value === value);
  const items: readonly Choice[] = [
    ...(pinned === undefined || isSearching ? [] : [pinned]),
    ...found.choices.filter(({ value }) => value !== pinned?.value),
    ...(found.left > 0 && found.onMore !== undefined
      ? [{ value: more, label: `Show more (${found.left.toLocaleString("en")} left)` }]
      : []),
  ];
  const activeIndex = found.isLooking ? -1 : activeOf(items);

  function activeOf(all: readonly Choice[]): number {
    const at = all.findIndex(({ value }) => value === reached);
    if (at >= 0) return at;
    const begin = isSearching || isMany ? 0 : all.findIndex(isChosen);
    return Math.min(Math.max(begin, 0), all.length - 1);
  }
  const open = () => {
    if (isOpen) return;
    setIsOpen(true);
    onType("");
  };
  const close = () => {
    setIsOpen(false);
    setTyped(null);
    setReached(null);
    onType(null);
  };
  const type = (text: string) => {
    setIsOpen(true);
    setTyped(text);
    setReached(null);
    onType(text);
  };
  const choose = (item: Choice) => {
    if (item.value === more) {
      setReached(items.at(-2)?.value ?? null);
      found.onMore?.();
    } else if (isMany) {
      setReached(item.value);
      onChoose(
        isChosen(item) ? chosen.filter(({ value }) => value !== item.value) : [...chosen, item],
      );
    } else {
      onChoose([item]);
      close();
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return open();
      const next = activeIndex + (event.key === "ArrowDown" ? 1 : -1);
      setReached(items.at(next % Math.max(1, items.length))?.value ?? null);
    } else if (event.key === "Enter" && isOpen) {
      // Whatever the list holds, a form is not sent from it.
      event.preventDefault();
      const active = items[activeIndex];
      if (active !== undefined) choose(active);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Backspace" && isMany && (typed ?? "") === "") {
      onChoose(chosen.slice(0, -1));
    }
  };
  const reach = ({ value }: Choice) => setReached(value);
  return {
    isOpen,
    typed,
    items,
    activeIndex,
    isChosen,
    open,
    close,
    type,
    choose,
    reach,
    onKeyDown,
  };
}
