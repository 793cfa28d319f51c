import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type RolePlace, rolesQuery } from "../api/roles.ts";
import { useProblems } from "../ui/form.tsx";
import { Picker } from "../ui/picker.tsx";
import { useListed } from "../ui/use-listed.ts";
import { visibleText } from "../words/foreign-text.ts";
import { NoAccountYet } from "./no-account-yet.tsx";
import { PeoplePicker } from "./people-picker.tsx";

/** Which people are to get which role; both are required. */
export function usePeopleAndRole() {
  const [userIds, setUserIds] = useState<string[]>([]);
  const [roleId, setRoleId] = useState<string | null>(null);
  const problems = useProblems({
    users: userIds.length === 0 ? "Select users" : undefined,
    role: roleId === null ? "Select a role" : undefined,
  });
  return { userIds, setUserIds, roleId, setRoleId, problems };
}

/** The fields for it, with the roles of the place. */
export function PeopleAndRole({
  place,
  chosen: { userIds, setUserIds, roleId, setRoleId, problems },
}: {
  place: RolePlace;
  chosen: ReturnType<typeof usePeopleAndRole>;
}) {
  const { data } = useQuery(rolesQuery(place));
  const roles = (data?.roles ?? []).map((role) => ({
    value: role.id,
    label: visibleText(role.name),
  }));
  return (
    <>
      <PeoplePicker
        label="Users"
        isRequired
        value={userIds}
        onChange={setUserIds}
        error={problems.shown.users}
      />
      {place.type === "domains" && <NoAccountYet />}
      <Picker
        {...useListed(roles, "No such role")}
        label="Role"
        isRequired
        placeholder="Select a role"
        isMany={false}
        chosen={roles.filter(({ value }) => value === roleId)}
        onChoose={([role]) => setRoleId(role?.value ?? null)}
        error={problems.shown.role}
      />
    </>
  );
}
