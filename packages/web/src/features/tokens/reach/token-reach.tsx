import { Button, Group, Paper, Text, Title } from "@mantine/core";
import { IconTopologyStar3 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type CatalogueReply, catalogueQuery } from "../../../api/catalogue.ts";
import { tokenReachQuery } from "../../../api/token-reach.ts";
import type { Token } from "../../../api/tokens.ts";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { ReachOfDomain } from "./reach-of-domain.tsx";

/** What a token reaches, drawn when it is asked for: domains, groups, objects, and what it may do with them. */
export function TokenReach({ token }: { readonly token: Token }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [isShown, setIsShown] = useState(false);
  return (
    <section aria-labelledby="reach-title" data-not-on-paper={isShown ? undefined : true}>
      <Group justify="space-between" mb="md">
        <Title order={2} id="reach-title">
          What it reaches
        </Title>
        <Button
          variant="default"
          leftSection={<IconTopologyStar3 size={16} aria-hidden />}
          aria-expanded={isShown}
          onClick={() => setIsShown(!isShown)}
        >
          {isShown ? "Hide" : "Draw it"}
        </Button>
      </Group>
      {isShown && catalogue !== undefined && <Reach token={token} catalogue={catalogue} />}
    </section>
  );
}

interface ReachProps {
  readonly token: Token;
  readonly catalogue: CatalogueReply;
}

function Reach({ token, catalogue }: ReachProps) {
  const reach = useQuery(tokenReachQuery(token.id, catalogue));
  if (reach.error !== null) {
    return <FailureNotice error={reach.error} onRetry={() => void reach.refetch()} />;
  }
  if (reach.data === undefined) return <LoadingRows count={3} />;
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }}>
      <Text size="sm" c="dimmed" mb="md">
        {reach.data.length === 0
          ? "Nothing: it has no scopes."
          : token.status === "active"
            ? "Its scopes on what is there now. What you may not do yourself at this moment it may not do either."
            : `Nothing while it is ${token.status}. This is what it would reach.`}
      </Text>
      {reach.data.map((domain) => (
        <ReachOfDomain key={domain.domainId} reach={domain} catalogue={catalogue} />
      ))}
    </Paper>
  );
}
