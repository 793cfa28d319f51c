import { Button, Group, Text } from "@mantine/core";
import { api } from "../../api/client.ts";
import { tokensKey } from "../../api/tokens.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkButton } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";

interface FirstTokenProps {
  readonly domainId: string;
  readonly client: { readonly id: string; readonly name: string };
  readonly onMade: (made: { readonly id: string; readonly secret: string }) => void;
}

/** Makes a token that may look at the first client and do nothing else, or leads to the choice of more. */
export function FirstToken({ domainId, client, onMade }: FirstTokenProps) {
  const make = useChange(
    () =>
      api.tokens.create({
        body: {
          name: "first steps",
          description: "Made on the home of a domain, to try out a call",
          duration: "24h",
          scopes: [
            {
              domain_id: domainId,
              entity_type: "clients",
              entity_id: client.id,
              operation: "view",
            },
          ],
        },
      }),
    { done: null, stale: [tokensKey], onDone: onMade },
  );
  return (
    <>
      <Text size="sm" mt="xs">
        This one may view <Name>{client.name || client.id}</Name>, and nothing else, for 24 hours.
      </Text>
      <Group mt="xs" gap="sm">
        <Button loading={make.isPending} onClick={() => make.mutate()}>
          Create this token
        </Button>
        <LinkButton variant="default" to="/pats/new" search={{ domain: domainId }}>
          Choose what it may do
        </LinkButton>
      </Group>
      <FailureNotice error={make.error} />
    </>
  );
}
