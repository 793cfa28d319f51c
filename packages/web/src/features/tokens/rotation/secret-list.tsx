import { Badge, Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { ReactNode } from "react";
import type { Token } from "../../../api/tokens.ts";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { useNow } from "../../../ui/use-now.ts";
import { times } from "../../../words/counted.ts";
import { dateTimeText } from "../../../words/time-text.ts";
import classes from "./rotation.module.css";
import type { TokenSecret } from "./rotation-state.ts";

const looks = {
  live: { label: "Works", color: "verdigris", end: "Expires" },
  pending: { label: "Not used yet", color: "ochre", end: "Discarded unless used by" },
  retiring: { label: "Works, replaced", color: "ochre", end: "Dies" },
  retired: { label: "Dead", color: "gray", end: "Died" },
  discarded: { label: "Discarded", color: "gray", end: "Discarded" },
  expired: { label: "Expired", color: "gray", end: "Expired" },
  revoked: { label: "Revoked", color: "brick", end: "Expires" },
} as const;

/** The secrets that a token has and had: what state each is in, who uses it, and who still tries a dead one. */
export function SecretList({ token }: { token: Token }) {
  const now = useNow();
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} component="section" aria-label="Secrets">
      <Stack gap={4}>
        <Title order={2}>Secrets</Title>
        <Text size="sm" c="dimmed">
          At most two work at a time. None is shown again.
        </Text>
        <ul className={classes.secrets}>
          {token.secrets.toReversed().map((secret) => (
            <Item key={secret.id} secret={secret} look={lookOf(token, secret, now)} />
          ))}
        </ul>
      </Stack>
    </Paper>
  );
}

function lookOf(
  { status }: Token,
  { state, expires_at }: TokenSecret,
  now: number,
): keyof typeof looks {
  if (state === "retired" || state === "discarded") return state;
  if ((readWireTime(expires_at) ?? 0) <= now) return "expired";
  return status === "revoked" ? "revoked" : state;
}

function Item({ secret, look }: { secret: TokenSecret; look: keyof typeof looks }) {
  const { label, color, end } = looks[look];
  const endsByItself = look === "live" || look === "expired" || look === "revoked";
  const endsAt = readWireTime(endsByItself ? secret.expires_at : secret.dies_at);
  const usedAt = readWireTime(secret.last_used_at);
  return (
    <li className={classes.secret}>
      <Group gap="sm">
        <Code>{secret.ends_with === "" ? "…" : `…${secret.ends_with}`}</Code>
        <Badge variant="light" color={color} tt="none" fw={500} miw="max-content">
          {label}
        </Badge>
      </Group>
      <dl className={classes.times}>
        <Fact label="Created">
          <RelativeTime at={readWireTime(secret.created_at)} never="–" />
        </Fact>
        {/* Of one that was alone from the beginning nobody asked when it was used first. */}
        <Fact label="First used">
          <RelativeTime
            at={readWireTime(secret.first_used_at)}
            never={usedAt === null ? "Never" : "–"}
          />
        </Fact>
        <Fact label="Last used">
          <RelativeTime at={usedAt} never="Never" />
          {secret.last_used_address !== "" && ` from ${secret.last_used_address}`}
        </Fact>
        <Fact label={end}>{endsAt === null ? "–" : dateTimeText(endsAt)}</Fact>
      </dl>
      {secret.tries !== undefined && (
        <ul className={classes.tries}>
          {secret.tries.map(({ address, tries, last_tried_at }) => (
            <li key={address}>
              Still tried by <strong>{address}</strong>, {times(tries)}, last{" "}
              <RelativeTime at={readWireTime(last_tried_at)} never="" />
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
