import type { ActionWords } from "./action-words.ts";

/** A beginning for a role; its actions are then a person's to change. */
interface RoleTemplate {
  readonly label: string;
  readonly description: string;
  readonly includes: (action: string, words: ActionWords) => boolean;
}

const isAboutRoles = (action: string) => /(?:^|_)(?:manage_role|\w+_role_users)$/.test(action);

export const roleTemplates: readonly RoleTemplate[] = [
  {
    label: "Viewer",
    description: "Sees everything here, changes nothing",
    includes: (_, { isRead }) => isRead,
  },
  {
    label: "Editor",
    description: "Sees, creates and changes; deletes nothing and gives nobody a role",
    includes: (action) => !isAboutRoles(action) && !/(?:^|_)(?:delete|disable)$/.test(action),
  },
  {
    label: "Manager",
    description: "Does everything, and decides who may do what",
    includes: () => true,
  },
];
