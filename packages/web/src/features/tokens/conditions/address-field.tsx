import { Textarea } from "@mantine/core";
import { uncapitalized } from "../../../words/first-letter.ts";
import { type ConditionProblems, entriesOf } from "./condition-draft.ts";

interface AddressFieldProps {
  readonly list: "allow" | "deny";
  readonly label: string;
  readonly text: string;
  readonly problems: ConditionProblems;
  readonly onChange: (text: string) => void;
}

/** Addresses and networks, one a line; says of each what is wrong with it. */
export function AddressField({ list, label, text, problems, onChange }: AddressFieldProps) {
  const faulty = entriesOf(text).flatMap((entry, index) => {
    const problem = problems[`addresses.${list}.${index}`];
    return problem === undefined ? [] : [{ entry, problem }];
  });
  const said = [...Map.groupBy(faulty, ({ problem }) => problem)].map(([problem, ofIt]) =>
    aboutEntries(
      ofIt.map(({ entry }) => entry),
      problem,
    ),
  );
  const whole = problems[`addresses.${list}`] ?? problems.addresses;
  const errors = whole === undefined ? said : [whole, ...said];
  return (
    <Textarea
      label={label}
      withAsterisk
      description="One a line: an address, or a network like 10.0.0.0/8"
      autosize
      minRows={2}
      maxRows={10}
      spellCheck={false}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={
        errors.length === 0 ? undefined : errors.map((error) => <div key={error}>{error}</div>)
      }
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
    />
  );
}

/** What the server says of an entry begins with it already. */
function aboutEntries(entries: readonly string[], problem: string): string {
  if (entries.some((entry) => problem.startsWith(entry))) return problem;
  return `${entries.join(", ")}: ${uncapitalized(problem)}`;
}
