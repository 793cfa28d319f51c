import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type RolePlace, rolesQuery } from "../api/roles.ts";
import { renderChoice } from "../ui/choices.tsx";
import { useProblems } from "../ui/form.tsx";
import { visibleText } from "../words/foreign-text.ts";
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
  return (
    <>
      <PeoplePicker
        label="Users"
        isRequired
        value={userIds}
        onChange={setUserIds}
        error={problems.shown.users}
      />
      <Select
        label="Role"
        withAsterisk
        placeholder="Select a role"
        searchable
        renderOption={renderChoice}
        value={roleId}
        onChange={setRoleId}
        data={(data?.roles ?? []).map((role) => ({
          value: role.id,
          label: visibleText(role.name),
        }))}
        error={problems.shown.role}
      />
    </>
  );
}
