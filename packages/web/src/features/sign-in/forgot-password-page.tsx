import { Alert, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconInfoCircle, IconMailCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { bodyProblems } from "../../api/body-problems.ts";
import { api } from "../../api/client.ts";
import { instanceQuery } from "../../api/instance.ts";
import { useChange } from "../../api/use-change.ts";
import { Form, sayAtField } from "../../ui/form.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";
import { Entrance } from "./entrance.tsx";

const fieldsByWireName = { email: "email" } as const;

/** For who cannot sign in any more: has a link mailed by which a new password is chosen. */
export function ForgotPasswordPage() {
  const { data: instance } = useQuery(instanceQuery);
  const form = useForm({
    initialValues: { email: "" },
    validate: ({ email }) =>
      email.trim() === ""
        ? { email: "Enter your email address" }
        : bodyProblems("users.request_password_reset", { email: email.trim() }, fieldsByWireName),
  });
  const ask = useChange(
    ({ email }: typeof form.values) =>
      api.users.request_password_reset({ body: { email: email.trim() } }),
    {
      done: null,
      stale: [],
      onFailed: (error) => sayAtField(error, fieldsByWireName, form.setFieldError),
    },
  );
  return (
    <Entrance
      title="Forgot your password?"
      footer={
        <LinkAnchor to="/sign-in" inherit fw={500}>
          Back to sign in
        </LinkAnchor>
      }
    >
      {instance?.sends_mail === false ? (
        <Alert
          color="ochre"
          icon={<IconInfoCircle aria-hidden />}
          title="This server sends no mail"
        >
          Ask its administrator for a reset link: with the link you choose a new password yourself.
        </Alert>
      ) : (
        <Form
          change={ask}
          verb={ask.isSuccess ? "Send again" : "Send the link"}
          isNarrow
          isFailureSaid={Object.keys(form.errors).length > 0}
          onSubmit={form.onSubmit((values) => ask.mutate(values))}
        >
          <Text size="sm">
            Enter the email address of your account. You get a mail with a link to choose a new
            password.
          </Text>
          <TextInput
            label="Email address"
            type="email"
            autoComplete="email"
            autoFocus
            {...form.getInputProps("email")}
          />
          <div role="status">
            {ask.isSuccess && (
              <Alert color="verdigris" icon={<IconMailCheck aria-hidden />}>
                If an account has the address <Name>{ask.variables.email.trim()}</Name>, a mail is
                on its way. Its link works once, for an hour. Nothing after some minutes? Look in
                your spam folder, or ask an administrator of this server for a reset link.
              </Alert>
            )}
          </div>
        </Form>
      )}
    </Entrance>
  );
}
