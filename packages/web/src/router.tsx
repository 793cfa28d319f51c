import { Center, Loader } from "@mantine/core";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
  useRouter,
} from "@tanstack/react-router";
import { isSessionEnd } from "./api/client.ts";
import { type EntityTypeName, groupedTypeNames, isEntityTypeName } from "./api/entities.ts";
import { forgetSecrets } from "./api/new-secrets.ts";
import { profileQuery } from "./api/profile.ts";
import { readDomainsSearch } from "./features/domains/domains-search.ts";
import { readEntitiesSearch } from "./features/entities/entities-search.ts";
import {
  readDomainInvitationsSearch,
  readOwnInvitationsSearch,
} from "./features/invitations/invitations-search.ts";
import { readMembersSearch } from "./features/members/members-search.ts";
import { readProfileSearch } from "./features/profile/profile-search.ts";
import { readRolesSearch } from "./features/roles/roles-search.ts";
import { readSignInSearch } from "./features/sign-in/sign-in-search.ts";
import {
  readNewTokenSearch,
  readTokenSearch,
  readTokensSearch,
} from "./features/tokens/token-search.ts";
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

/** The type that stands in an address; with any other word there is no such page. */
function requireTypeName(text: string): EntityTypeName {
  if (!isEntityTypeName(text)) throw notFound();
  return text;
}

const entities = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/$type",
  params: { parse: ({ domainId, type }) => ({ domainId, type: requireTypeName(type) }) },
  validateSearch: readEntitiesSearch,
  component: lazyRouteComponent(
    () => import("./features/entities/entities-page.tsx"),
    "EntitiesPage",
  ),
});

const entity = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/$type/$id",
  params: { parse: ({ domainId, type, id }) => ({ domainId, type: requireTypeName(type), id }) },
  onLeave: ({ context }) => forgetSecrets(context.queryClient),
  component: lazyRouteComponent(() => import("./features/entities/entity-page.tsx"), "EntityPage"),
});

const information = createRoute({
  getParentRoute: () => entity,
  path: "/",
  component: lazyRouteComponent(
    () => import("./features/entities/information-tab.tsx"),
    "InformationTab",
  ),
});

const connections = createRoute({
  getParentRoute: () => entity,
  path: "/connections",
  validateSearch: readEntitiesSearch,
  component: lazyRouteComponent(
    () => import("./features/connections/connections-tab.tsx"),
    "ConnectionsTab",
  ),
});

const subgroups = createRoute({
  getParentRoute: () => entity,
  path: "/subgroups",
  component: lazyRouteComponent(
    () => import("./features/entities/group-contents.tsx"),
    "SubgroupsTab",
  ),
});

/** The type of what is in a group, as it stands in an address. */
function requireGroupedType(text: string): EntityTypeName {
  const name = groupedTypeNames.find((known) => known === text);
  if (name === undefined) throw notFound();
  return name;
}

const groupContents = createRoute({
  getParentRoute: () => entity,
  path: "/$contents",
  params: { parse: ({ contents }) => ({ contents: requireGroupedType(contents) }) },
  validateSearch: readEntitiesSearch,
  component: lazyRouteComponent(
    () => import("./features/entities/group-contents.tsx"),
    "GroupContentsTab",
  ),
});

const entityRoles = createRoute({
  getParentRoute: () => entity,
  path: "/roles",
  validateSearch: readRolesSearch,
  component: lazyRouteComponent(() => import("./features/roles/roles-tab.tsx"), "RolesTab"),
});

const entityRole = createRoute({
  getParentRoute: () => entity,
  path: "/roles/$roleId",
  validateSearch: readRolesSearch,
  component: lazyRouteComponent(() => import("./features/roles/roles-tab.tsx"), "RoleTab"),
});

const entityMembers = createRoute({
  getParentRoute: () => entity,
  path: "/members",
  validateSearch: readMembersSearch,
  component: lazyRouteComponent(() => import("./features/members/members-tab.tsx"), "MembersTab"),
});

const domainMembers = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/members",
  validateSearch: readMembersSearch,
  component: lazyRouteComponent(
    () => import("./features/members/domain-members-page.tsx"),
    "DomainMembersPage",
  ),
});

const domainRoles = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/roles",
  validateSearch: readRolesSearch,
  component: lazyRouteComponent(
    () => import("./features/roles/domain-roles-page.tsx"),
    "DomainRolesPage",
  ),
});

const domainRole = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/roles/$roleId",
  validateSearch: readRolesSearch,
  component: lazyRouteComponent(
    () => import("./features/roles/domain-role-page.tsx"),
    "DomainRolePage",
  ),
});

const domainInvitations = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/invitations",
  validateSearch: readDomainInvitationsSearch,
  component: lazyRouteComponent(
    () => import("./features/invitations/domain-invitations-page.tsx"),
    "DomainInvitationsPage",
  ),
});

const domainSettings = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/settings",
  component: lazyRouteComponent(
    () => import("./features/domain-settings/domain-settings-page.tsx"),
    "DomainSettingsPage",
  ),
});

const invitations = createRoute({
  getParentRoute: () => frame,
  path: "/invitations",
  validateSearch: readOwnInvitationsSearch,
  component: lazyRouteComponent(
    () => import("./features/invitations/own-invitations-page.tsx"),
    "OwnInvitationsPage",
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
  frame.addChildren([
    start,
    domains,
    domainHome,
    entities,
    entity.addChildren([
      information,
      connections,
      subgroups,
      groupContents,
      entityRoles,
      entityRole,
      entityMembers,
    ]),
    domainMembers,
    domainRoles,
    domainRole,
    domainInvitations,
    domainSettings,
    invitations,
    tokens,
    newToken,
    token,
    profile,
    nowhere,
  ]),
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
    defaultNotFoundComponent: lazyRouteComponent(
      () => import("./features/frame/not-found-page.tsx"),
      "NotFoundPage",
    ),
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
