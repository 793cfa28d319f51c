import { Alert, PasswordInput, SimpleGrid, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { bodyProblems } from "../../api/body-problems.ts";
import { api } from "../../api/client.ts";
import { instanceQuery } from "../../api/instance.ts";
import { useChange } from "../../api/use-change.ts";
import { Form, sayAtField } from "../../ui/form.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { passwordProblem, passwordRuleText } from "../../words/password-rule.ts";
import { Entrance } from "./entrance.tsx";

const labels = {
  firstName: "first name",
  lastName: "last name",
  username: "username",
  email: "email address",
  password: "password",
} as const;

type Values = Readonly<Record<keyof typeof labels | "repeated", string>>;

function missing(values: Values) {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([field, label]) =>
      values[field as keyof typeof labels].trim() === "" ? [[field, `Enter your ${label}`]] : [],
    ),
  );
}

function weakness(rule: string | undefined, { password }: Values) {
  const problem = passwordProblem(rule, password);
  return problem === undefined ? {} : { password: problem };
}

function bodyOf(values: Values) {
  return {
    first_name: values.firstName.trim(),
    last_name: values.lastName.trim(),
    email: values.email.trim(),
    credentials: { username: values.username.trim(), secret: values.password },
  };
}

/** The form's fields by the names under which the server complains. */
const fieldsByWireName = {
  first_name: "firstName",
  last_name: "lastName",
  email: "email",
  "credentials.username": "username",
  "credentials.secret": "password",
} as const;

export function RegisterPage() {
  const { data: instance } = useQuery(instanceQuery);
  const navigate = useNavigate();
  const form = useForm({
    initialValues: {
      firstName: "",
      lastName: "",
      username: "",
      email: "",
      password: "",
      repeated: "",
    },
    validate: (values) => ({
      ...bodyProblems("users.register", bodyOf(values), fieldsByWireName),
      ...weakness(instance?.password_rule, values),
      ...missing(values),
      ...(values.repeated === values.password ? {} : { repeated: "The passwords differ" }),
    }),
  });
  const register = useChange(
    (values: typeof form.values) => api.users.register({ body: bodyOf(values) }),
    {
      done: null,
      stale: [],
      onDone: (_, { username }) =>
        navigate({ to: "/sign-in", search: { registered: username.trim() } }),
      onFailed: (error) => sayAtField(error, fieldsByWireName, form.setFieldError),
    },
  );

  return (
    <Entrance
      title="Sign up"
      footer={
        <>
          Already have an account?{" "}
          <LinkAnchor to="/sign-in" inherit fw={500}>
            Sign in
          </LinkAnchor>
        </>
      }
    >
      {instance?.self_registration === false ? (
        <Alert color="ochre" icon={<IconInfoCircle aria-hidden />} title="By invitation only">
          On this server administrators register people. Ask one of them for an account.
        </Alert>
      ) : (
        <Form
          change={register}
          verb="Sign up"
          isNarrow
          onSubmit={form.onSubmit((values) => register.mutate(values))}
        >
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
            <TextInput
              label="First name"
              autoComplete="given-name"
              autoFocus
              {...form.getInputProps("firstName")}
            />
            <TextInput
              label="Last name"
              autoComplete="family-name"
              {...form.getInputProps("lastName")}
            />
          </SimpleGrid>
          <TextInput
            label="Username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            {...form.getInputProps("username")}
          />
          <TextInput
            label="Email address"
            type="email"
            autoComplete="email"
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label="Password"
            description={passwordRuleText(instance?.password_rule)}
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <PasswordInput
            label="Confirm password"
            autoComplete="new-password"
            {...form.getInputProps("repeated")}
          />
        </Form>
      )}
    </Entrance>
  );
}
