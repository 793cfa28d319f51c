import { Button, Group, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { isUntouched, rowsOf, type ScopeRow, scopesOf } from "../scope-rows.ts";
import { readScopesOfText } from "./scopes-of-text.ts";

interface ScopeTextFieldProps {
  readonly rows: readonly ScopeRow[];
  /** Of scopes whose text names no domain. */
  readonly domainId: string;
  readonly onChange: (rows: readonly ScopeRow[]) => void;
}

/** Takes what a refusal says is missing, and makes rows of it. */
export function ScopeTextField({ rows, domainId, onChange }: ScopeTextFieldProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  /** Whether nothing is left to be read. */
  const add = (): boolean => {
    if (text.trim() === "") return true;
    if (catalogue === undefined) return false;
    const { scopes, problems } = readScopesOfText(text, domainId, catalogue);
    setProblem(problems[0]);
    if (problems.length > 0) return false;
    setText("");
    const half = rows.filter((row) => scopesOf([row]).length === 0 && !isUntouched(row));
    const whole = rowsOf([...scopesOf(rows), ...scopes], catalogue);
    onChange([...whole, ...half].map((row, index) => ({ ...row, key: index + 1 })));
    return true;
  };
  // Whoever sends the form with text left here means what it says: its rows are there before the form is read.
  useEffect(() => {
    const form = field.current?.form;
    const onSubmit = (event: Event) => {
      if (flushSync(add)) return;
      event.preventDefault();
      event.stopPropagation();
      field.current?.focus();
    };
    form?.addEventListener("submit", onSubmit);
    return () => form?.removeEventListener("submit", onSubmit);
  });
  return (
    <Group gap="sm" align="flex-end" wrap="nowrap">
      <TextInput
        ref={field}
        flex={1}
        label="Add the scope from a refusal"
        placeholder="clients:update_tags:… in domain …"
        value={text}
        error={problem}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setProblem(undefined);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <Button variant="default" onClick={add} mb={problem === undefined ? 0 : 22}>
        Read it
      </Button>
    </Group>
  );
}
