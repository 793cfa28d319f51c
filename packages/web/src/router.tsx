import { Center } from "@mantine/core";
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
import { useEffect, useEffectEvent } from "react";
import { api, askAgainMs } from "./api/client.ts";
import { type EntityTypeName, groupedTypeNames, isEntityTypeName } from "./api/entities.ts";
import { forgetSecrets } from "./api/new-secrets.ts";
import { profileQuery } from "./api/profile.ts";
import { readAuditSearch } from "./features/audit/audit-search.ts";
import { readDomainsSearch } from "./features/domains/domains-search.ts";
import { readEntitiesSearch } from "./features/entities/entities-search.ts";
import {
  readDomainInvitationsSearch,
  readOwnInvitationsSearch,
} from "./features/invitations/invitations-search.ts";
import { readMembersSearch } from "./features/members/members-search.ts";
import { readNoticesSearch } from "./features/notices/notices-search.ts";
import { readProfileSearch } from "./features/profile/profile-search.ts";
import { readRolesSearch } from "./features/roles/roles-search.ts";
import { readSignInSearch } from "./features/sign-in/sign-in-search.ts";
import {
  readNewTokenSearch,
  readTokenSearch,
  readTokensSearch,
} from "./features/tokens/token-search.ts";
import { readUsersSearch } from "./features/users/users-search.ts";
import { FailurePage } from "./ui/failure-page.tsx";
import { partLoader } from "./ui/load-part.ts";
import { LoadingPage } from "./ui/loading-rows.tsx";
import { isServerAway, isSessionEnd } from "./words/failure-text.ts";

/** A page whose code is loaded when it is first needed. */
function lazyPage<Module extends Record<string, unknown>, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent(() => partLoader.load(load), name);
}

/** Where nothing is drawn the shape of the app in index.html shows. */
const Nothing = () => null;

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSignInSearch,
  component: lazyPage(() => import("./features/sign-in/sign-in-page.tsx"), "SignInPage"),
  pendingComponent: Nothing,
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyPage(() => import("./features/sign-in/register-page.tsx"), "RegisterPage"),
  pendingComponent: Nothing,
});

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: "/password/forgot",
  component: lazyPage(
    () => import("./features/sign-in/forgot-password-page.tsx"),
    "ForgotPasswordPage",
  ),
  pendingComponent: Nothing,
});

const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/password/reset",
  component: lazyPage(
    () => import("./features/sign-in/reset-password-page.tsx"),
    "ResetPasswordPage",
  ),
  pendingComponent: Nothing,
});

const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: "/verify-email",
  component: lazyPage(() => import("./features/sign-in/verify-email-page.tsx"), "VerifyEmailPage"),
  pendingComponent: Nothing,
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
  component: lazyPage(() => import("./features/frame/app-frame.tsx"), "AppFrame"),
  pendingComponent: Nothing,
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
  component: lazyPage(() => import("./features/domains/domains-page.tsx"), "DomainsPage"),
});

const domainHome = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId",
  component: lazyPage(
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
  component: lazyPage(() => import("./features/entities/entities-page.tsx"), "EntitiesPage"),
});

const entity = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/$type/$id",
  params: { parse: ({ domainId, type, id }) => ({ domainId, type: requireTypeName(type), id }) },
  onLeave: ({ context }) => forgetSecrets(context.queryClient),
  component: lazyPage(() => import("./features/entities/entity-page.tsx"), "EntityPage"),
});

const information = createRoute({
  getParentRoute: () => entity,
  path: "/",
  component: lazyPage(() => import("./features/entities/information-tab.tsx"), "InformationTab"),
});

const connections = createRoute({
  getParentRoute: () => entity,
  path: "/connections",
  validateSearch: readEntitiesSearch,
  component: lazyPage(() => import("./features/connections/connections-tab.tsx"), "ConnectionsTab"),
});

const subgroups = createRoute({
  getParentRoute: () => entity,
  path: "/subgroups",
  component: lazyPage(() => import("./features/entities/group-contents.tsx"), "SubgroupsTab"),
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
  component: lazyPage(() => import("./features/entities/group-contents.tsx"), "GroupContentsTab"),
});

const entityRoles = createRoute({
  getParentRoute: () => entity,
  path: "/roles",
  validateSearch: readRolesSearch,
  component: lazyPage(() => import("./features/roles/roles-tab.tsx"), "RolesTab"),
});

const entityRole = createRoute({
  getParentRoute: () => entity,
  path: "/roles/$roleId",
  validateSearch: readRolesSearch,
  component: lazyPage(() => import("./features/roles/roles-tab.tsx"), "RoleTab"),
});

const entityMembers = createRoute({
  getParentRoute: () => entity,
  path: "/members",
  validateSearch: readMembersSearch,
  component: lazyPage(() => import("./features/members/members-tab.tsx"), "MembersTab"),
});

const entityReach = createRoute({
  getParentRoute: () => entity,
  path: "/reach",
  component: lazyPage(() => import("./features/reach/reach-tab.tsx"), "ReachTab"),
});

const domainMembers = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/members",
  validateSearch: readMembersSearch,
  component: lazyPage(
    () => import("./features/members/domain-members-page.tsx"),
    "DomainMembersPage",
  ),
});

const domainRoles = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/roles",
  validateSearch: readRolesSearch,
  component: lazyPage(() => import("./features/roles/domain-roles-page.tsx"), "DomainRolesPage"),
});

const domainRole = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/roles/$roleId",
  validateSearch: readRolesSearch,
  component: lazyPage(() => import("./features/roles/domain-role-page.tsx"), "DomainRolePage"),
});

const domainInvitations = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/invitations",
  validateSearch: readDomainInvitationsSearch,
  component: lazyPage(
    () => import("./features/invitations/domain-invitations-page.tsx"),
    "DomainInvitationsPage",
  ),
});

const domainSettings = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/settings",
  component: lazyPage(
    () => import("./features/domain-settings/domain-settings-page.tsx"),
    "DomainSettingsPage",
  ),
});

const domainTokens = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/tokens",
  component: lazyPage(
    () => import("./features/domain-tokens/domain-tokens-page.tsx"),
    "DomainTokensPage",
  ),
});

const auditPages = () => import("./features/audit/audit-pages.tsx");

const domainAudit = createRoute({
  getParentRoute: () => frame,
  path: "/domains/$domainId/audit",
  validateSearch: readAuditSearch,
  component: lazyPage(auditPages, "DomainAuditPage"),
});

const platformAudit = createRoute({
  getParentRoute: () => frame,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyPage(auditPages, "PlatformAuditPage"),
});

const tokensAudit = createRoute({
  getParentRoute: () => frame,
  path: "/pats/audit",
  validateSearch: readAuditSearch,
  component: lazyPage(auditPages, "TokensAuditPage"),
});

const invitations = createRoute({
  getParentRoute: () => frame,
  path: "/invitations",
  validateSearch: readOwnInvitationsSearch,
  component: lazyPage(
    () => import("./features/invitations/own-invitations-page.tsx"),
    "OwnInvitationsPage",
  ),
});

const tokens = createRoute({
  getParentRoute: () => frame,
  path: "/pats",
  validateSearch: readTokensSearch,
  component: lazyPage(() => import("./features/tokens/tokens-page.tsx"), "TokensPage"),
});

const newToken = createRoute({
  getParentRoute: () => frame,
  path: "/pats/new",
  validateSearch: readNewTokenSearch,
  component: lazyPage(() => import("./features/tokens/create-token-page.tsx"), "CreateTokenPage"),
});

const token = createRoute({
  getParentRoute: () => frame,
  path: "/pats/$tokenId",
  validateSearch: readTokenSearch,
  onLeave: ({ context }) => forgetSecrets(context.queryClient),
  component: lazyPage(() => import("./features/tokens/token-page.tsx"), "TokenPage"),
});

const profile = createRoute({
  getParentRoute: () => frame,
  path: "/profile",
  validateSearch: readProfileSearch,
  component: lazyPage(() => import("./features/profile/profile-page.tsx"), "ProfilePage"),
});

const notices = createRoute({
  getParentRoute: () => frame,
  path: "/notices",
  validateSearch: readNoticesSearch,
  component: lazyPage(() => import("./features/notices/notices-page.tsx"), "NoticesPage"),
});

const users = createRoute({
  getParentRoute: () => frame,
  path: "/users",
  validateSearch: readUsersSearch,
  component: lazyPage(() => import("./features/users/users-page.tsx"), "UsersPage"),
});

const tools = createRoute({
  getParentRoute: () => frame,
  path: "/tools",
  component: lazyPage(() => import("./features/tools/tools-page.tsx"), "ToolsPage"),
});

const nowhere = createRoute({
  getParentRoute: () => frame,
  path: "$",
  component: lazyPage(() => import("./features/frame/not-found-page.tsx"), "NotFoundPage"),
});

const routeTree = root.addChildren([
  signIn,
  register,
  forgotPassword,
  resetPassword,
  verifyEmail,
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
      entityReach,
    ]),
    domainMembers,
    domainRoles,
    domainRole,
    domainInvitations,
    domainSettings,
    domainTokens,
    domainAudit,
    platformAudit,
    tokensAudit,
    invitations,
    tokens,
    newToken,
    token,
    profile,
    notices,
    users,
    tools,
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
    defaultPendingComponent: LoadingPage,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: lazyPage(
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
  const retry = useEffectEvent(() => {
    reset();
    void router.invalidate();
  });
  useEffect(() => {
    if (!isServerAway(error)) return;
    // Asked quietly: as long as nothing answers, nothing on the page moves.
    const timer = setInterval(async () => {
      const isAway = await api.service.instance().then(() => false, isServerAway);
      if (!isAway) retry();
    }, askAgainMs);
    return () => clearInterval(timer);
  }, [error]);
  return (
    <Center mih="60dvh" px="md">
      <div>
        <FailurePage
          error={error}
          notFound="There is no such page."
          back={{ label: "the start", to: "/" }}
          onRetry={retry}
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
