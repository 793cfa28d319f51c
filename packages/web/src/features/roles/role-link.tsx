import type { RolePlace } from "../../api/roles.ts";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";

interface RoleLinkProps {
  readonly place: RolePlace;
  readonly role: { readonly id: string; readonly name: string };
}

/** The name of a role, leading to its page. */
export function RoleLink({ place: { type, domainId, id }, role }: RoleLinkProps) {
  const look = {
    inherit: true,
    fw: 550,
    c: "var(--mantine-color-text)",
    style: { overflowWrap: "anywhere" },
  } as const;
  return type === "domains" ? (
    <LinkAnchor
      to="/domains/$domainId/roles/$roleId"
      params={{ domainId, roleId: role.id }}
      {...look}
    >
      <Name>{role.name}</Name>
    </LinkAnchor>
  ) : (
    <LinkAnchor
      to="/domains/$domainId/$type/$id/roles/$roleId"
      params={{ domainId, type, id, roleId: role.id }}
      {...look}
    >
      <Name>{role.name}</Name>
    </LinkAnchor>
  );
}
