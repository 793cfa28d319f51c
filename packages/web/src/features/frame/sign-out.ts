import { api, sessionOwner } from "../../api/client.ts";
import { forgetDomain } from "../../parts/current-domain.ts";
import { showInitialPasswordNotice } from "./initial-password-notice.tsx";

/** Ends the session on the server, and with it this page and all that it knows. */
export async function signOut(): Promise<void> {
  if (!sessionOwner.isSignedOut()) await api.web_session.sign_out();
  forgetDomain();
  showInitialPasswordNotice();
  sessionOwner.release();
}
