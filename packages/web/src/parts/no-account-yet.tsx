import { Code, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { instanceQuery } from "../api/instance.ts";
import { CopyButton } from "../ui/copy-button.tsx";

/** What to do about somebody whom a search cannot find, as there is no account. */
export function NoAccountYet() {
  const { data: instance } = useQuery(instanceQuery);
  if (instance === undefined) return null;
  const address = `${instance.public_url || window.location.origin}/register`;
  return (
    <Text size="sm" c="dimmed" component="div">
      Only people who have an account on this server can be found.{" "}
      {instance.self_registration ? (
        <>
          Ask others to register first: <Code>{address}</Code>{" "}
          <CopyButton text={address} what="address" />
        </>
      ) : (
        "For others, ask an administrator of the server to create an account first."
      )}
    </Text>
  );
}
