import { Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { catalogueQuery } from "../../api/catalogue.ts";
import { entityName, entityQuery, entityTypes } from "../../api/entities.ts";
import { isolated } from "../../words/foreign-text.ts";
import { PeopleThatReach } from "./people-that-reach.tsx";
import { TokensThatReach } from "./tokens-that-reach.tsx";

const route = getRouteApi("/frame/domains/$domainId/$type/$id/reach");

/** Who and which of one's own tokens reach the entity of the page, drawn from where the right is to what it opens. */
export function ReachTab() {
  const { domainId, type, id } = route.useParams();
  const { data: catalogue } = useQuery(catalogueQuery);
  const { data: entity } = useQuery(entityQuery(type, domainId, id));
  const known = catalogue?.entity_types.find(({ name }) => name === type);
  if (known === undefined || entity === undefined) return null;
  const place = { type, domainId, id };
  const name = isolated(entityName(entity));
  const { singular } = entityTypes[type];
  return (
    <Stack gap="xl">
      <section aria-labelledby="reach-people">
        <Title order={2} id="reach-people" mb={4}>
          People
        </Title>
        <Text size="sm" c="dimmed" mb="md">
          Who reaches this {singular}, by which roles, and what each may do with it now.
          Administrators of the platform may do everything, also without a role.
        </Text>
        <PeopleThatReach key={id} place={place} type={known} label={`Who reaches ${name}`} />
      </section>
      <section aria-labelledby="reach-tokens">
        <Title order={2} id="reach-tokens" mb={4}>
          Your tokens
        </Title>
        <Text size="sm" c="dimmed" mb="md">
          Which of your tokens reach it, and by which scope. Tokens of others are their own matter.
        </Text>
        <TokensThatReach
          key={id}
          place={place}
          type={known}
          label={`Your tokens that reach ${name}`}
        />
      </section>
    </Stack>
  );
}
