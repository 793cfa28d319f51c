import { Paper, PasswordInput, SimpleGrid, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { instanceQuery } from "../../api/instance.ts";
import { calendarFeedQuery } from "../../api/notices.ts";
import { profileQuery } from "../../api/profile.ts";
import { sessionsQuery } from "../../api/sessions.ts";
import { useChange } from "../../api/use-change.ts";
import { Form, sayAtField } from "../../ui/form.tsx";
import { passwordProblem, passwordRuleText } from "../../words/password-rule.ts";

/** Changes the password; every other session of the person ends with that. */
export function PasswordForm() {
  const { data: instance } = useQuery(instanceQuery);
  const form = useForm({
    initialValues: { current: "", wanted: "", repeated: "" },
    validate: {
      current: (value) => (value === "" ? "Enter your current password" : null),
      wanted: (value) =>
        value === ""
          ? "Enter a new password"
          : (passwordProblem(instance?.password_rule, value) ?? null),
      repeated: (value, { wanted }) => (value === wanted ? null : "The passwords differ"),
    },
  });
  const change = useChange(
    ({ current, wanted }: typeof form.values) =>
      api.users.change_password({ body: { old_secret: current, new_secret: wanted } }),
    {
      done: "Your password is changed; your other sessions have ended",
      stale: [
        profileQuery.queryKey,
        instanceQuery.queryKey,
        sessionsQuery.queryKey,
        calendarFeedQuery.queryKey,
      ],
      onDone: () => form.reset(),
      onFailed: (error) => {
        sayAtField(error, { new_secret: "wanted" }, form.setFieldError);
        sayAtField(error, { old_secret: "current" }, (field) =>
          form.setFieldError(field, "This is not your current password"),
        );
      },
    },
  );
  return (
    <Paper withBorder p={{ base: "md", sm: "xl" }} maw={760}>
      <Form
        change={change}
        verb="Update"
        isFailureSaid={Object.keys(form.errors).length > 0}
        onSubmit={form.onSubmit((values) => change.mutate(values))}
      >
        <PasswordInput
          label="Current password"
          withAsterisk
          autoComplete="current-password"
          {...form.getInputProps("current")}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <PasswordInput
            label="New password"
            withAsterisk
            autoComplete="new-password"
            {...form.getInputProps("wanted")}
          />
          <PasswordInput
            label="Confirm password"
            withAsterisk
            autoComplete="new-password"
            {...form.getInputProps("repeated")}
          />
        </SimpleGrid>
        <Text size="sm" c="dimmed">
          {passwordRuleText(instance?.password_rule)} Changing it ends all your other sessions; your
          tokens keep working.
        </Text>
      </Form>
    </Paper>
  );
}
