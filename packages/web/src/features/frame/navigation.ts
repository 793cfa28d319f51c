import {
  IconHistory,
  IconHome,
  IconInbox,
  IconKey,
  IconLayoutGrid,
  IconMail,
  IconSettings,
  IconTerminal2,
  IconUserCircle,
  IconUserShield,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import { entityTypes } from "../../api/entities.ts";
import { entityTypeNames, entityTypeRows } from "../../entity-types/rows.ts";

/** The links of the sidebar for the domain one is in; `needs`: the role action in the domain that opens the page. */
export const domainLinks = [
  { label: "Home", to: "/domains/$domainId", Icon: IconHome, isExact: true },
  { label: "Settings", to: "/domains/$domainId/settings", Icon: IconSettings },
  { label: "Members", to: "/domains/$domainId/members", Icon: IconUsers, needs: "view_role_users" },
  {
    label: "Roles",
    to: "/domains/$domainId/roles",
    Icon: IconUserShield,
    needs: "view_role_users",
  },
  {
    label: "Invitations",
    to: "/domains/$domainId/invitations",
    Icon: IconMail,
    needs: "manage_role",
  },
  {
    label: "Audit trail",
    to: "/domains/$domainId/audit",
    Icon: IconHistory,
    needs: "manage_role",
  },
] as const;

/** The links of the sidebar for what is in the domain. */
export const entityLinks = entityTypeNames.map((type) => ({
  label: entityTypes[type].title,
  type,
  Icon: entityTypeRows[type].Icon,
}));

/** The links of the sidebar that belong to the person. */
export const personalLinks = [
  { label: "All domains", to: "/domains", Icon: IconLayoutGrid, isExact: true },
  { label: "Personal Access Tokens", to: "/pats", Icon: IconKey, isExact: false },
  { label: "Your Invitations", to: "/invitations", Icon: IconInbox, isExact: false },
  { label: "Profile", to: "/profile", Icon: IconUserCircle, isExact: false },
  { label: "API and tools", to: "/tools", Icon: IconTerminal2, isExact: false },
] as const;

/** The links of the sidebar for administrators of the server. */
export const serverLinks = [
  { label: "Users", to: "/users", Icon: IconUsersGroup, isExact: false },
  { label: "Audit trail", to: "/audit", Icon: IconHistory, isExact: false },
] as const;
