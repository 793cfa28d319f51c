import { Box, Checkbox, Stack, Text, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTouch } from "../../../ui/dialog.tsx";
import { useNow } from "../../../ui/use-now.ts";
import { localMinute } from "../../../words/durations.ts";
import { AddressField } from "./address-field.tsx";
import type { ConditionDraft, ConditionKind, ConditionProblems } from "./condition-draft.ts";
import classes from "./conditions.module.css";
import { OwnAddress } from "./own-address.tsx";
import { RateField } from "./rate-field.tsx";
import { SeenAddresses } from "./seen-addresses.tsx";
import { WeeklyField } from "./weekly-field.tsx";

interface ConditionFieldsProps {
  /** Of a token that is there, whose use can be looked at. */
  readonly tokenId?: string | undefined;
  readonly draft: ConditionDraft;
  readonly problems: ConditionProblems;
  readonly onChange: (draft: ConditionDraft) => void;
}

/** Where, when and how often a token works: what is switched on shows its fields. */
export function ConditionFields({ tokenId, draft, problems, onChange }: ConditionFieldsProps) {
  const touch = useTouch();
  const now = useNow();
  const change = (part: Partial<ConditionDraft>) => {
    touch();
    onChange({ ...draft, ...part });
  };
  const isOn = (kind: ConditionKind) => draft.on.includes(kind);
  const option = (kind: ConditionKind, label: string, children: ReactNode) => (
    <div>
      <Checkbox
        label={label}
        checked={isOn(kind)}
        onChange={({ currentTarget: { checked } }) =>
          change({
            on: checked ? [...draft.on, kind] : draft.on.filter((one) => one !== kind),
          })
        }
      />
      {isOn(kind) && <Box className={classes.option ?? ""}>{children}</Box>}
    </div>
  );
  const ownAddress = (
    <OwnAddress
      draft={draft}
      onAdd={(address) => change({ allow: `${draft.allow.trimEnd()}\n${address}`.trim() })}
    />
  );
  return (
    <Stack gap="lg">
      <Group title="Only from">
        {option(
          "allow",
          "These addresses and networks",
          <>
            <AddressField
              list="allow"
              label="Works from"
              text={draft.allow}
              problems={problems}
              onChange={(allow) => change({ allow })}
            />
            {ownAddress}
            {tokenId !== undefined && (
              <SeenAddresses
                tokenId={tokenId}
                text={draft.allow}
                onChoose={(allow) => change({ allow })}
              />
            )}
          </>,
        )}
        {option(
          "deny",
          "Never from these",
          <>
            <AddressField
              list="deny"
              label="Never works from"
              text={draft.deny}
              problems={problems}
              onChange={(deny) => change({ deny })}
            />
            {!isOn("allow") && ownAddress}
          </>,
        )}
      </Group>
      <Group title="Only when">
        {option(
          "notBefore",
          "Not before a date",
          <TextInput
            type="datetime-local"
            label="Not before"
            withAsterisk
            maw={260}
            min={localMinute(now)}
            value={draft.notBefore}
            error={problems.not_before}
            onChange={(event) => change({ notBefore: event.currentTarget.value })}
          />,
        )}
        {option(
          "weekly",
          "At certain times of the week",
          <WeeklyField draft={draft} problems={problems} onChange={change} />,
        )}
      </Group>
      <Group title="Only so often">
        {option(
          "maxUses",
          "A limited number of uses",
          <TextInput
            label="Maximum number of uses"
            withAsterisk
            maw={260}
            inputMode="numeric"
            placeholder="1000"
            description="On all servers together. A request that is refused for a missing scope counts too."
            value={draft.maxUses}
            error={problems.max_uses}
            onChange={(event) => change({ maxUses: event.currentTarget.value })}
          />,
        )}
        {option(
          "rate",
          "A rate limit",
          <RateField draft={draft} problems={problems} onChange={change} />,
        )}
      </Group>
    </Stack>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Stack gap="sm" component="fieldset" className={classes.group ?? ""}>
      <Text component="legend" size="sm" fw={600} mb={6}>
        {title}
      </Text>
      {children}
    </Stack>
  );
}
