import { IconHome, IconKey, IconLayoutGrid, IconUserCircle } from "@tabler/icons-react";

/** The links of the sidebar for the domain one is in. */
export const domainLinks = [
  { label: "Home", to: "/domains/$domainId", Icon: IconHome, isExact: true },
] as const;

/** The links of the sidebar that belong to the person. */
export const personalLinks = [
  { label: "All domains", to: "/domains", Icon: IconLayoutGrid, isExact: true },
  { label: "Personal Access Tokens", to: "/pats", Icon: IconKey, isExact: false },
  { label: "Profile", to: "/profile", Icon: IconUserCircle, isExact: false },
] as const;
