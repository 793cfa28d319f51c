import { Alert } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { IconShieldExclamation } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../../api/profile.ts";
import { LinkAnchor } from "../../ui/links.tsx";

const storageKey = "tessera-initial-password-put-away";

/** Asks for another password while the one printed at the first start is still in use; put away, the profile still does. */
export function InitialPasswordNotice() {
  const { data: person } = useQuery(profileQuery);
  const [isPutAway, setIsPutAway] = useSessionStorage({
    key: storageKey,
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  if (person?.password_is_initial !== true || isPutAway) return null;
  return (
    <Alert
      color="ochre"
      mb="lg"
      icon={<IconShieldExclamation aria-hidden />}
      title="Your password was printed when this server first started"
      withCloseButton
      closeButtonLabel="Hide this until you sign in again"
      onClose={() => setIsPutAway(true)}
    >
      Whoever can read the server's output knows it.{" "}
      <LinkAnchor to="/profile" search={{ tab: "password" }} inherit underline="always">
        Choose your own password
      </LinkAnchor>
      .
    </Alert>
  );
}

/** For signing out: whoever signs in next is asked again. */
export function showInitialPasswordNotice(): void {
  sessionStorage.removeItem(storageKey);
}
