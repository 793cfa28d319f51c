import { visibleText } from "../words/foreign-text.ts";
import classes from "./name.module.css";

interface NameProps {
  readonly children: string | undefined;
  /** Takes the place of a line to itself, and is cut off where that ends. */
  readonly isLine?: boolean;
}

/**
 * A name, or whatever else on one line others wrote: of any script, without reordering what stands around it, and with
 * nothing hidden in it. In plain strings `isolated` does the same.
 */
export function Name({ children = "", isLine = false }: NameProps) {
  return <bdi className={isLine ? classes.line : undefined}>{visibleText(children)}</bdi>;
}

/** A description that others wrote, with its lines. */
export function Passage({ children }: { readonly children: string }) {
  return (
    <bdi dir="auto" className={classes.passage}>
      {visibleText(children, "several lines")}
    </bdi>
  );
}
