import { Badge, Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { LinkButton } from "../../../ui/links.tsx";
import classes from "./creation.module.css";
import type { Risk } from "./risk.ts";

const colors = { None: "gray", Low: "verdigris", Medium: "ochre", High: "brick" } as const;

interface CreateBarProps {
  readonly risk: Risk | undefined;
  /** When, from where and how often it will work only; nothing where that does not matter. */
  readonly conditions: ReactNode;
  readonly isPending: boolean;
  /** Why it was not created. */
  readonly failure: ReactNode;
}

/** What sends the form, with the risk of what is sent. */
export function CreateBar({ risk, conditions, isPending, failure }: CreateBarProps) {
  return (
    <div className={classes.bar} data-stays-below>
      <div className={classes.risk}>
        {failure}
        {risk !== undefined && (
          <Group gap={10} role="status" aria-label="Risk">
            <Badge variant="light" color={colors[risk.level]} tt="none" miw="max-content">
              {risk.level === "None" ? "No risk" : `${risk.level} risk`}
            </Badge>
            <span style={{ flex: "1 1 200px" }}>{risk.sentence}</span>
          </Group>
        )}
        {conditions}
      </div>
      <Group gap="sm" wrap="nowrap">
        <LinkButton variant="default" to="/pats">
          Cancel
        </LinkButton>
        <Button type="submit" loading={isPending}>
          Create
        </Button>
      </Group>
    </div>
  );
}
