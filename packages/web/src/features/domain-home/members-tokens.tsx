import { Group, Paper, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { domains } from "@tessera/sdk";
import { domainTokensQuery } from "../../api/domain-tokens.ts";
import { useHeldActions } from "../../api/rights.ts";
import { LinkAnchor } from "../../ui/links.tsx";

/** For administrators of the domain: how many tokens reach into it, and what of them nobody uses. */
export function MembersTokens({ domainId }: { readonly domainId: string }) {
  const { holds } = useHeldActions({ type: "domains", domainId, id: domainId });
  const isAdministrator = domains.ownActions.every(holds);
  const { data } = useQuery({
    ...domainTokensQuery(domainId, { limit: 1 }),
    enabled: isAdministrator,
  });
  if (!isAdministrator || data === undefined) return null;
  const { all, never_used, unused_scopes, all_objects } = data.counts;
  return (
    <Paper withBorder p="lg" component="section" aria-labelledby="members-tokens">
      <Group justify="space-between" align="baseline" mb="xs">
        <Title order={2} id="members-tokens">
          Members' tokens
        </Title>
        <LinkAnchor to="/domains/$domainId/tokens" params={{ domainId }} size="sm">
          See what they may do here
        </LinkAnchor>
      </Group>
      <Text size="sm" c="dimmed">
        {countOf(all, "reaches", "reach")} into this domain: {number(never_used)} never used here,{" "}
        {number(unused_scopes)} with scopes that were never used, {number(all_objects)} on all
        objects of a type.
      </Text>
    </Paper>
  );
}

const number = (count: number) => count.toLocaleString("en");

function countOf(count: number, one: string, many: string): string {
  return count === 1 ? `1 token ${one}` : `${number(count)} tokens ${many}`;
}
