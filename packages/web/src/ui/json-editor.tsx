import { Input } from "@mantine/core";
import { useId } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import classes from "./json-editor.module.css";
import { readJsonObject } from "./json-text.ts";

interface JsonEditorProps {
  readonly label: string;
  /** Where the label stands elsewhere already. */
  readonly isLabelHidden?: boolean;
  readonly description?: string;
  /** Has the focus when it appears. */
  readonly isFirst?: boolean;
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** What the server says of it; what the text itself has wrong is told anyway. */
  readonly error?: string | undefined;
}

const minimumLines = 5;
const maximumLines = 20;

/** A plain text area for a JSON object, with line numbers, that says in which line it is wrong. */
export function JsonEditor(props: JsonEditorProps) {
  const { label, value, onChange } = props;
  const id = useId();
  const numbers = useRef<HTMLDivElement>(null);
  const read = readJsonObject(value);
  const problem =
    "problem" in read ? `Line ${read.line}: ${read.problem}` : (props.error ?? undefined);
  const isWrong = problem !== undefined;
  // What is wrong is said below the text, where it may be out of view.
  useEffect(() => {
    if (isWrong) document.getElementById(`${id}-error`)?.scrollIntoView({ block: "nearest" });
  }, [isWrong, id]);
  const lineCount = value.split("\n").length;
  const rows = Math.min(Math.max(lineCount, minimumLines), maximumLines);
  return (
    <Input.Wrapper
      {...(props.isLabelHidden === true ? {} : { label, labelProps: { htmlFor: id } })}
      description={props.description}
      error={problem}
      errorProps={{ id: `${id}-error`, role: "status" }}
    >
      <div className={classes.frame} data-invalid={isWrong}>
        <div className={classes.lines} ref={numbers} aria-hidden="true">
          {Array.from({ length: lineCount }, (_, index) => (
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is nothing but its number.
              key={index}
              data-wrong={"problem" in read && read.line === index + 1}
            >
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          id={id}
          // biome-ignore lint/a11y/noAutofocus: whoever asked for it wants to write.
          autoFocus={props.isFirst === true}
          className={classes.text}
          dir="ltr"
          rows={rows}
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          value={value}
          aria-invalid={isWrong}
          aria-describedby={`${id}-error`}
          {...(props.isLabelHidden === true ? { "aria-label": label } : {})}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={(event) => {
            if (numbers.current !== null) numbers.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
    </Input.Wrapper>
  );
}
