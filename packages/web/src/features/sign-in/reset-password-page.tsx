import { PasswordInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { createClient, TesseraError } from "@tessera/sdk";
import { instanceQuery } from "../../api/instance.ts";
import { useChange } from "../../api/use-change.ts";
import { Form, sayAtField } from "../../ui/form.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { passwordProblem, passwordRuleText } from "../../words/password-rule.ts";
import { DeadLink } from "./dead-link.tsx";
import { Entrance } from "./entrance.tsx";
import { readLinkToken } from "./link-token.ts";

const fieldsByWireName = { password: "wanted", confirm_password: "repeated" } as const;

/** Where a link leads by which a new password is chosen. */
export function ResetPasswordPage() {
  const token = useLocation({ select: ({ hash }) => readLinkToken(hash) });
  const { data: instance } = useQuery(instanceQuery);
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { wanted: "", repeated: "" },
    validate: {
      wanted: (value) =>
        value === ""
          ? "Enter a new password"
          : (passwordProblem(instance?.password_rule, value) ?? null),
      repeated: (value, { wanted }) => (value === wanted ? null : "The passwords differ"),
    },
  });
  const reset = useChange(
    ({ wanted, repeated }: typeof form.values) =>
      // The link is who asks, and not whoever is signed in here.
      createClient({ baseUrl: "", credentials: { kind: "bearer", token } }).users.reset_password({
        body: { password: wanted, confirm_password: repeated },
      }),
    {
      done: null,
      stale: [],
      onDone: () => navigate({ to: "/sign-in", search: { changed: "password" }, replace: true }),
      onFailed: (error) => sayAtField(error, fieldsByWireName, form.setFieldError),
    },
  );
  const isDead =
    token === "" || (reset.error instanceof TesseraError && reset.error.status === 401);
  return (
    <Entrance
      title="Choose a new password"
      footer={
        <LinkAnchor to="/sign-in" inherit fw={500}>
          Back to sign in
        </LinkAnchor>
      }
    >
      {isDead ? (
        <DeadLink>
          <LinkAnchor to="/password/forgot" inherit underline="always">
            Ask for a new one
          </LinkAnchor>
          .
        </DeadLink>
      ) : (
        <Form
          change={reset}
          verb="Change the password"
          isNarrow
          isFailureSaid={Object.keys(form.errors).length > 0}
          onSubmit={form.onSubmit((values) => reset.mutate(values))}
        >
          <PasswordInput
            label="New password"
            description={passwordRuleText(instance?.password_rule)}
            autoComplete="new-password"
            autoFocus
            {...form.getInputProps("wanted")}
          />
          <PasswordInput
            label="Confirm password"
            autoComplete="new-password"
            {...form.getInputProps("repeated")}
          />
          <Text size="sm" c="dimmed">
            It ends all your sessions; your tokens keep working.
          </Text>
        </Form>
      )}
    </Entrance>
  );
}
