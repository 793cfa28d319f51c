import { Alert, Grid, Paper, SimpleGrid, Stack, Title } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { catalogueQuery } from "../../api/catalogue.ts";
import { domainQuery } from "../../api/domains.ts";
import { isListed } from "../../api/entity-lists.ts";
import { FailurePage } from "../../ui/failure-page.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { EntityCounts } from "./entity-counts.tsx";
import { FromElsewhere } from "./from-elsewhere.tsx";
import { MemberCount } from "./member-count.tsx";
import { MembersTokens } from "./members-tokens.tsx";
import { TokenStates } from "./token-states.tsx";
import { TokenUse } from "./token-use.tsx";

const route = getRouteApi("/frame/domains/$domainId");

const FirstSteps = lazyPart(async () => (await import("./first-steps.tsx")).FirstSteps);

/** What is in the domain, and what one's tokens do. */
export function DomainHomePage() {
  const { domainId } = route.useParams();
  const domain = useQuery(domainQuery(domainId));
  const { data: catalogue } = useQuery(catalogueQuery);
  if (domain.error !== null) {
    return (
      <FailurePage
        error={domain.error}
        notFound="There is no such domain, or you are no member of it."
        back={{ label: "Domains", to: "/domains" }}
        onRetry={() => void domain.refetch()}
      />
    );
  }
  if (domain.data === undefined || catalogue === undefined) return <LoadingRows />;

  const types = catalogue.entity_types.filter(({ kind }) => isListed(kind));
  return (
    <>
      <PageHeader
        title={domain.data.name}
        crumbs={[{ label: "Domains", to: "/domains" }, { label: domain.data.name }]}
      />
      <Stack gap="lg">
        {domain.data.status !== "enabled" && (
          <Alert color="ochre" icon={<IconBan aria-hidden />} title="This domain is disabled">
            Nothing in it can be used or changed until it is enabled again.
          </Alert>
        )}
        {domain.data.status === "enabled" && <FirstSteps key={domainId} domainId={domainId} />}
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md">
          <MemberCount domainId={domainId} />
          {types.map((type) => (
            <EntityCounts key={type.name} type={type} domainId={domainId} />
          ))}
        </SimpleGrid>
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Paper withBorder p="lg" h="100%" component="section" aria-labelledby="token-states">
              <Title order={2} id="token-states" mb="md">
                Your tokens for this domain
              </Title>
              <TokenStates domainId={domainId} />
            </Paper>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Paper withBorder p="lg" h="100%" component="section" aria-labelledby="token-use">
              <Title order={2} id="token-use" mb="md">
                Their use in the last 30 days
              </Title>
              <TokenUse domainId={domainId} />
            </Paper>
          </Grid.Col>
        </Grid>
        {domain.data.status === "enabled" && <MembersTokens domainId={domainId} />}
        <FromElsewhere />
      </Stack>
    </>
  );
}
