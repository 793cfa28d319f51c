import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, sessionOwner } from "../../api/client.ts";
import { forgetDomain } from "../../parts/current-domain.ts";
import { failureText } from "../../words/failure-text.ts";
import { showInitialPasswordNotice } from "./initial-password-notice.tsx";

/** Ends the session on the server and forgets everything that was read with it. */
export function useSignOut(): () => void {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const signOut = async () => {
    try {
      await api.web_session.sign_out();
    } catch (error) {
      const { title, advice } = failureText(error);
      notifications.show({ color: "brick", title: `Not signed out. ${title}`, message: advice });
      return;
    }
    sessionOwner.release();
    forgetDomain();
    showInitialPasswordNotice();
    await navigate({ to: "/sign-in" });
    queryClient.clear();
  };
  return () => void signOut();
}
