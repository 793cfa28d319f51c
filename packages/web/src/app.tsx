import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { serverClock } from "./api/client.ts";
import { createAppRouter } from "./router.tsx";
import { resolveCssVariables, theme } from "./theme.ts";
import { AwayNotice } from "./ui/away-notice.tsx";
import { lazyPart } from "./ui/lazy-part.tsx";
import { ClockContext } from "./ui/use-now.ts";

// No page waits for it: what was said before it is there shows as soon as it is. Without it the app still works.
const Notices = lazyPart(() =>
  import("./ui/notices.tsx").then(
    ({ Notices }) => Notices,
    () => () => null,
  ),
);

/** The whole app. */
export function App({ queryClient }: { queryClient: QueryClient }) {
  const [router] = useState(() => createAppRouter(queryClient));
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={resolveCssVariables}
    >
      <Notices />
      <AwayNotice />
      <QueryClientProvider client={queryClient}>
        <ClockContext value={serverClock.now}>
          <RouterProvider router={router} />
        </ClockContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
