import type { RolePlace } from "../../api/roles.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";

interface RoleLinkProps {
  readonly place: RolePlace;
  readonly role: { readonly id: string; readonly name: string };
}

/** The name of a role, leading to its page. */
export function RoleLink({ place, role }: RoleLinkProps) {
  return (
    <LinkAnchor
      to={rolePlaceRows[place.type].rolePath(place, role.id)}
      inherit
      fw={550}
      c="var(--mantine-color-text)"
      style={{ overflowWrap: "anywhere" }}
    >
      <Name>{role.name}</Name>
    </LinkAnchor>
  );
}
