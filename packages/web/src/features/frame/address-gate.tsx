import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { readWireTime } from "@tessera/sdk";
import type { ReactNode } from "react";
import { instanceQuery } from "../../api/instance.ts";
import { profileQuery } from "../../api/profile.ts";
import { lazyPart } from "../../ui/lazy-part.tsx";

const UnprovenAddress = lazyPart(
  async () => (await import("./unproven-address.tsx")).UnprovenAddress,
);

/** Where addresses must be proven, nothing but the profile is there before. */
export function AddressGate({ children }: { readonly children: ReactNode }) {
  const { data: person } = useQuery(profileQuery);
  const isUnproven =
    person !== undefined && person.role !== "admin" && readWireTime(person.verified_at) === null;
  const { data: instance } = useQuery({ ...instanceQuery, enabled: isUnproven });
  const isProfile = useLocation({ select: ({ pathname }) => pathname === "/profile" });
  if (!isUnproven || isProfile || instance?.requires_verified_email !== true) return children;
  return <UnprovenAddress />;
}
