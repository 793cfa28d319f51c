import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { sessionOwner } from "../../api/client.ts";
import { forgetShownSecrets } from "../../api/new-secrets.ts";
import { profileQuery } from "../../api/profile.ts";
import { staleEverything } from "../../api/stale.ts";
import { readAnew } from "../../api/use-change.ts";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { isSessionEnd } from "../../words/failure-text.ts";

const SessionEndedDialog = lazyDialog(
  async () => (await import("./session-ended-dialog.tsx")).SessionEndedDialog,
);
const OtherPersonDialog = lazyDialog(
  async () => (await import("./other-person-dialog.tsx")).OtherPersonDialog,
);

/** Lets a person whose session has ended go on where they are, with all they have typed; until then nothing of the page is seen. */
export function SessionEnd() {
  const queryClient = useQueryClient();
  const [hasEnded, setHasEnded] = useState(false);
  useEffect(() => {
    const listen = (error: unknown) => {
      if (isSessionEnd(error)) setHasEnded(true);
    };
    const unsubscribes = [
      queryClient.getQueryCache().subscribe((event) => {
        if (event.type === "updated" && event.action.type === "error") listen(event.action.error);
      }),
      queryClient.getMutationCache().subscribe((event) => {
        if (event.type === "updated" && event.action.type === "error") listen(event.action.error);
      }),
    ];
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
    };
  }, [queryClient]);

  useEffect(() => {
    if (!hasEnded) return;
    // In another tab they may have signed in again.
    return sessionOwner.subscribe(() => {
      const asked = queryClient.fetchQuery({ ...profileQuery, staleTime: 0, retry: false });
      void asked.then(
        () => {
          setHasEnded(false);
          return readAnew(queryClient, staleEverything);
        },
        () => undefined,
      );
    });
  }, [hasEnded, queryClient]);

  const { subscribe } = sessionOwner;
  const isOther = useSyncExternalStore(subscribe, sessionOwner.isOther);
  const isSignedOut = useSyncExternalStore(subscribe, sessionOwner.isSignedOut);
  if (isSignedOut && !hasEnded) setHasEnded(true);
  const isClosed = hasEnded || isOther;
  useLayoutEffect(() => {
    if (!isClosed) return;
    const { documentElement } = document;
    documentElement.setAttribute("data-closed", "");
    return () => documentElement.removeAttribute("data-closed");
  }, [isClosed]);
  useEffect(() => {
    if (isOther || isSignedOut) forgetShownSecrets(queryClient);
  }, [isOther, isSignedOut, queryClient]);

  return (
    <>
      <SessionEndedDialog isOpen={hasEnded && !isOther} onSignedIn={() => setHasEnded(false)} />
      <OtherPersonDialog isOpen={isOther} />
    </>
  );
}
