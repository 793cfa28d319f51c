import { Alert, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useLocation } from "@tanstack/react-router";
import { TesseraError } from "@tessera/sdk";
import { api } from "../../api/client.ts";
import { profileQuery } from "../../api/profile.ts";
import { useChange } from "../../api/use-change.ts";
import { Form } from "../../ui/form.tsx";
import { LinkAnchor, LinkButton } from "../../ui/links.tsx";
import { DeadLink } from "./dead-link.tsx";
import { Entrance } from "./entrance.tsx";
import { readLinkToken } from "./link-token.ts";

/** Where a link leads that proves an email address. A person has to say so: programs that look at mails open links too. */
export function VerifyEmailPage() {
  const token = useLocation({ select: ({ hash }) => readLinkToken(hash) });
  const verify = useChange(() => api.users.verify_email({ query: { token } }), {
    done: null,
    stale: [profileQuery.queryKey],
  });
  const isDead =
    token === "" || (verify.error instanceof TesseraError && verify.error.field === "token");
  return (
    <Entrance
      title="Verify your email address"
      footer={
        !verify.isSuccess && (
          <LinkAnchor to="/" inherit fw={500}>
            Not now
          </LinkAnchor>
        )
      }
    >
      <div role="status">
        {verify.isSuccess && (
          <Alert color="verdigris" icon={<IconCircleCheck aria-hidden />} mb="lg">
            Your email address is verified.
          </Alert>
        )}
      </div>
      {verify.isSuccess && (
        <LinkButton to="/" fullWidth autoFocus>
          Go on to Tessera
        </LinkButton>
      )}
      {!verify.isSuccess && isDead && (
        <DeadLink>
          Have a new one sent from{" "}
          <LinkAnchor to="/profile" inherit underline="always">
            your profile
          </LinkAnchor>
          .
        </DeadLink>
      )}
      {!verify.isSuccess && !isDead && (
        <Form change={verify} verb="Yes, it is mine" isNarrow onSubmit={() => verify.mutate()}>
          <Text size="sm">
            You opened a link that was mailed to you. Is the address that it came to yours, and did
            you ask for it?
          </Text>
        </Form>
      )}
    </Entrance>
  );
}
