import { IconLayoutGrid } from "@tabler/icons-react";
import type { RolePlaceRow } from "./entity-type-row.ts";

export const domains: RolePlaceRow = {
  Icon: IconLayoutGrid,
  rolePath: ({ domainId }, roleId) => `/domains/${domainId}/roles/${roleId}`,
  whoCanJoin: "They become members at once. To ask them first, send an invitation.",
  whoCanBeAdded: "",
  removal: {
    title: "Remove from the domain",
    consequence:
      "loses every role in this domain, on everything in it. Their tokens can do nothing here from then on.",
  },
  lossOfRole: "Whoever loses their role in the domain loses everything in it.",
  lossOfDeletedRole: "Whoever has no other role in the domain is no longer a member.",
  hasWays: false,
};
