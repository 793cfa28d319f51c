import { Alert } from "@mantine/core";
import { IconShieldExclamation } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../../api/profile.ts";
import { LinkAnchor } from "../../ui/links.tsx";

/** Asks for another password while the one printed at the first start is still in use. */
export function InitialPasswordNotice() {
  const { data: person } = useQuery(profileQuery);
  if (person?.password_is_initial !== true) return null;
  return (
    <Alert
      color="ochre"
      mb="lg"
      icon={<IconShieldExclamation aria-hidden />}
      title="Your password was printed when this server first started"
    >
      Whoever can read the server's output knows it.{" "}
      <LinkAnchor to="/profile" search={{ tab: "password" }} inherit underline="always">
        Choose your own password
      </LinkAnchor>
      .
    </Alert>
  );
}
