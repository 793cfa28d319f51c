import { Text } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { conditionsInShort } from "../../../words/condition-text.ts";
import type { WrittenConditions } from "../conditions/conditions-section.tsx";
import classes from "./creation.module.css";

/** In a line, where one sends the form: the conditions may be far above it. */
export function BarConditions({ written }: { readonly written: WrittenConditions }) {
  return (
    <Text
      size="sm"
      component="div"
      className={classes.conditions}
      role="status"
      aria-label="Conditions"
    >
      <IconFilter size={15} aria-hidden />
      {written.isComplete
        ? conditionsInShort(written.conditions)
        : "The conditions are not complete yet."}
    </Text>
  );
}
