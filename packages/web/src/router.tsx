import { Center, Loader } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  Outlet,
  redirect,
  useRouter,
} from "@tanstack/react-router";
import { isSessionEnd } from "./api.ts";
import { readDomainsSearch } from "./features/domains/domains-search.ts";
import { readProfileSearch } from "./features/profile/profile-search.ts";
import { readSignInSearch } from "./features/sign-in/sign-in-search.ts";
import { forgetSecrets } from "./features/tokens/new-secret.ts";
import {
  readNewTokenSearch,
  readTokenSearch,
  readTokensSearch,
} from "./features/tokens/token-search.ts";
import { profileQuery } from "./shared-queries.ts";
import { FailurePage } from "./ui/failure-page.tsx";

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import("./features/sign-in/sign-in-page.tsx"), "SignInPage"),
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyRouteComponent(
    () => import("./features/sign-in/register-page.tsx"),
    "RegisterPage",
  ),
});

/** Everything that needs somebody who is signed in. */
const frame = createRoute({
  getParentRoute: () => root,
  id: "frame",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(profileQuery);
    } catch (error) {
      if (!isSessionEnd(error)) throw error;
      const isStart = location.href === "/";
      throw redirect({ to: "/sign-in", search: isStart ? {} : { next: location.href } });
    }
  },
  component: lazyRouteComponent(() => import("./features/frame/app-frame.tsx"), "AppFrame"),
});

const start = createRoute({
  getParentRoute: () => frame,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/domains", replace: true });
  },
});

const domains = createRoute({
  getParentRoute: () => frame,
  path: "/domains",
  validateSearch: readDomainsSearch,
  component: lazyRouteComponent(() => import("./features/domains/domains-page.tsx"), "DomainsPage"),
});

const domainHome = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId",
  component: lazyRouteComponent(
    () => import("./features/domain-home/domain-home-page.tsx"),
    "DomainHomePage",
  ),
});

const tokens = createRoute({
  getParentRoute: () => frame,
  path: "/pats",
  validateSearch: readTokensSearch,
  component: lazyRouteComponent(() => import("./features/tokens/tokens-page.tsx"), "TokensPage"),
});

const newToken = createRoute({
  getParentRoute: () => frame,
  path: "/pats/new",
  validateSearch: readNewTokenSearch,
  component: lazyRouteComponent(
    () => import("./features/tokens/create-token-page.tsx"),
    "CreateTokenPage",
  ),
});

const token = createRoute({
  getParentRoute: () => frame,
  path: "/pats/$tokenId",
  validateSearch: readTokenSearch,
  onLeave: ({ context }) => forgetSecrets(context.queryClient),
  component: lazyRouteComponent(() => import("./features/tokens/token-page.tsx"), "TokenPage"),
});

const profile = createRoute({
  getParentRoute: () => frame,
  path: "/profile",
  validateSearch: readProfileSearch,
  component: lazyRouteComponent(() => import("./features/profile/profile-page.tsx"), "ProfilePage"),
});

const nowhere = createRoute({
  getParentRoute: () => frame,
  path: "$",
  component: lazyRouteComponent(
    () => import("./features/frame/not-found-page.tsx"),
    "NotFoundPage",
  ),
});

const routeTree = root.addChildren([
  signIn,
  register,
  frame.addChildren([start, domains, domainHome, tokens, newToken, token, profile, nowhere]),
]);

/** The app's pages by their addresses. */
export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPendingMs: 400,
    scrollRestoration: true,
    defaultPendingComponent: () => (
      <Center mih={240}>
        <Loader />
      </Center>
    ),
    defaultErrorComponent: RouteFailure,
    // Plain text values, so that links can be written by hand.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(
        Object.entries(search).flatMap(([name, value]) =>
          value === undefined || value === null ? [] : [[name, String(value)]],
        ),
      ).toString();
      return text === "" ? "" : `?${text}`;
    },
  });
}

function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Center mih="60dvh" px="md">
      <div>
        <FailurePage
          error={error}
          notFound="There is no such page."
          back={{ label: "the start", to: "/" }}
          onRetry={() => {
            reset();
            void router.invalidate();
          }}
        />
      </div>
    </Center>
  );
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
