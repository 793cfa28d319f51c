import { Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../../api/profile.ts";
import { SendVerification } from "../../parts/send-verification.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";
import { PageHeader } from "../../ui/page-header.tsx";

/** The link may be opened elsewhere; then this page goes on by itself. */
const lookAgainMs = 4000;

/** In place of every page until the person has proven the address. */
export function UnprovenAddress() {
  const { data: person } = useQuery({ ...profileQuery, refetchInterval: lookAgainMs });
  return (
    <>
      <PageHeader title="Verify your email address" crumbs={[]} />
      <Paper withBorder p={{ base: "md", sm: "lg" }} maw={640}>
        <Stack>
          <Text>
            Before you go on, this server wants to know that mail to{" "}
            <strong>
              <Name>{person?.email}</Name>
            </strong>{" "}
            reaches you. Have a link sent to it, and open it.
          </Text>
          <SendVerification email={person?.email} />
          <Text size="sm" c="dimmed">
            The wrong address? Change it in{" "}
            <LinkAnchor to="/profile" inherit underline="always">
              your profile
            </LinkAnchor>
            .
          </Text>
        </Stack>
      </Paper>
    </>
  );
}
