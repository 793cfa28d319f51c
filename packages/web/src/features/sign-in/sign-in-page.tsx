import { Alert, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { instanceQuery } from "../../api/instance.ts";
import { profileQuery } from "../../api/profile.ts";
import { signIn } from "../../api/sign-in.ts";
import { useChange } from "../../api/use-change.ts";
import { Form } from "../../ui/form.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Entrance } from "./entrance.tsx";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { next, registered, changed } = route.useSearch();
  const { data: instance } = useQuery(instanceQuery);
  const queryClient = useQueryClient();
  const router = useRouter();
  const form = useForm({
    initialValues: { username: registered ?? "", password: "" },
    validate: {
      username: (value) => (value.trim() === "" ? "Enter your email or username" : null),
      password: (value) => (value === "" ? "Enter your password" : null),
    },
  });
  const goingOn = next ?? "/";
  const entering = useChange(
    (body: { username: string; password: string }) =>
      signIn({ ...body, username: body.username.trim() }, goingOn),
    {
      done: null,
      stale: [],
      onDone: (person) => {
        // What was read before was read for nobody.
        queryClient.clear();
        queryClient.setQueryData(profileQuery.queryKey, person);
        router.history.push(goingOn);
      },
    },
  );

  return (
    <Entrance
      title="Sign in"
      footer={
        instance?.self_registration === true && (
          <>
            Not registered?{" "}
            <LinkAnchor to="/register" inherit fw={500}>
              Sign up
            </LinkAnchor>
          </>
        )
      }
    >
      <Form
        change={entering}
        verb="Sign in"
        isNarrow
        onSubmit={form.onSubmit((values) => entering.mutate(values))}
      >
        {registered !== undefined && (
          <Alert color="verdigris" icon={<IconInfoCircle aria-hidden />}>
            Your account is ready. Sign in with the password you have just chosen.
          </Alert>
        )}
        {changed === "password" && (
          <Alert color="verdigris" icon={<IconInfoCircle aria-hidden />}>
            Your password is changed, and all your sessions have ended. Sign in with the new one.
          </Alert>
        )}
        <TextInput
          label="Email or username"
          placeholder="Enter email or username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={registered === undefined}
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label="Password"
          placeholder="Enter password"
          autoComplete="current-password"
          autoFocus={registered !== undefined}
          {...form.getInputProps("password")}
        />
        <LinkAnchor to="/password/forgot" size="sm" w="max-content">
          Forgot your password?
        </LinkAnchor>
      </Form>
    </Entrance>
  );
}
