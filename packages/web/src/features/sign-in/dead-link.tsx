import { Alert } from "@mantine/core";
import { IconLinkOff } from "@tabler/icons-react";
import type { ReactNode } from "react";

/** Says that a link opens nothing; `children`: how to get another one. */
export function DeadLink({ children }: { readonly children: ReactNode }) {
  return (
    <Alert
      color="ochre"
      icon={<IconLinkOff aria-hidden />}
      title="This link does not work, or no longer works"
      role="alert"
      tabIndex={-1}
    >
      Links work once, and for an hour. {children}
    </Alert>
  );
}
