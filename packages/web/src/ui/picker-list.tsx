import { VisuallyHidden } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Name } from "./name.tsx";
import classes from "./picker.module.css";
import type { Choice, Found, usePicker } from "./use-picker.ts";

interface PickerListProps {
  readonly id: string;
  readonly label: string;
  readonly found: Found;
  readonly picker: ReturnType<typeof usePicker>;
  readonly isCode: boolean;
}

export const optionId = (listId: string, index: number) => `${listId}-${index}`;

/** What a picker offers. The field keeps the focus, and has the keys. */
export function PickerList({ id, label, found, picker, isCode }: PickerListProps) {
  const list = useRef<HTMLDivElement>(null);
  const { items, activeIndex } = picker;
  useEffect(() => {
    const option = list.current?.children[activeIndex];
    if (list.current !== null && option instanceof HTMLElement) bringIntoView(list.current, option);
  }, [activeIndex]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only keeps the focus where it is.
    <div onMouseDown={(event) => event.preventDefault()}>
      <div
        ref={list}
        role="listbox"
        id={id}
        aria-label={label}
        className={classes.list}
        data-stale={found.isLooking}
        hidden={items.length === 0}
      >
        {items.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
          <div
            key={item.value}
            role="option"
            id={optionId(id, index)}
            tabIndex={-1}
            aria-selected={picker.isChosen(item)}
            className={classes.option}
            data-active={index === activeIndex}
            onMouseMove={() => picker.reach(item)}
            onClick={() => picker.choose(item)}
          >
            <OptionText item={item} isCode={isCode} isChosen={picker.isChosen(item)} />
          </div>
        ))}
      </div>
      {items.length === 0 && (
        <div className={classes.note}>{found.isLooking ? "Looking …" : found.nothing}</div>
      )}
    </div>
  );
}

interface OptionTextProps {
  readonly item: Choice;
  readonly isCode: boolean;
  readonly isChosen: boolean;
}

function OptionText({ item, isCode, isChosen }: OptionTextProps) {
  return (
    <>
      <span className={classes.text}>
        {item.above?.map((name, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step of the way is nothing but its place.
          <span key={index} className={classes.above}>
            <Name>{name}</Name>
            {" / "}
          </span>
        ))}
        <span className={isCode ? classes.code : undefined}>
          <Name>{item.label}</Name>
        </span>
        {item.hint !== undefined && <div className={classes.hint}>{item.hint}</div>}
      </span>
      {isChosen && <IconCheck size={16} aria-hidden className={classes.check} />}
    </>
  );
}

/** Says to screen readers what the list holds, as it changes. */
export function PickerNews({ found, isOpen }: { readonly found: Found; readonly isOpen: boolean }) {
  const count = found.choices.length + found.left;
  const news = count === 0 ? found.nothing : `${count.toLocaleString("en")} found`;
  return <VisuallyHidden role="status">{isOpen && !found.isLooking ? news : ""}</VisuallyHidden>;
}

/** `scrollIntoView` would move the page too. */
function bringIntoView(list: HTMLElement, option: HTMLElement): void {
  const top = option.offsetTop - 4;
  const bottom = option.offsetTop + option.offsetHeight + 4;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}
