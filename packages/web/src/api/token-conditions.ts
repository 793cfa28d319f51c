import { queryOptions } from "@tanstack/react-query";
import type { RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";

type Draft = RequestOf<"tokens.explain_draft">["body"];
type Addresses = NonNullable<Draft["conditions"]>["addresses"];

/** Any lifetime that every server allows: the draft is never made. */
const anyLifetime = { duration: "1m" };

/** From where the person's requests come, and whether a token would work from there that works from these addresses. */
export const ownAddressQuery = (addresses: Addresses) =>
  queryOptions({
    queryKey: ["own-address", addresses],
    queryFn: async ({ signal }) => {
      const conditions = addresses === undefined ? {} : { conditions: { addresses } };
      const reply = await api.tokens.explain_draft(
        { body: { ...anyLifetime, ...conditions } },
        { signal },
      );
      return { address: reply.your_address, isAdmitted: reply.your_address_works };
    },
    // What is refused is said where it is sent.
    retry: false,
  });
