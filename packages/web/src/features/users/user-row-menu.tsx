import { ActionIcon, Menu } from "@mantine/core";
import {
  IconBan,
  IconCircleCheck,
  IconDots,
  IconLink,
  IconShieldMinus,
  IconShieldPlus,
} from "@tabler/icons-react";
import type { ListedUser } from "../../api/users.ts";
import { isolated } from "../../words/foreign-text.ts";
import type { UserChange } from "./user-change-dialog.tsx";

interface UserRowMenuProps {
  readonly user: ListedUser;
  readonly onChange: (change: UserChange) => void;
  readonly onResetLink: () => void;
}

/** What an administrator can do with somebody's account. */
export function UserRowMenu({ user, onChange, onResetLink }: UserRowMenuProps) {
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Actions for ${isolated(user.credentials?.username ?? user.id)}`}
        >
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {user.role === "admin" ? (
          <Menu.Item leftSection={<IconShieldMinus size={16} />} onClick={() => onChange("demote")}>
            Make an ordinary user
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconShieldPlus size={16} />} onClick={() => onChange("promote")}>
            Make an administrator
          </Menu.Item>
        )}
        {user.status === "enabled" && (
          <Menu.Item leftSection={<IconLink size={16} />} onClick={onResetLink}>
            Reset link
          </Menu.Item>
        )}
        <Menu.Divider />
        {user.status === "enabled" ? (
          <Menu.Item
            leftSection={<IconBan size={16} />}
            c="var(--mantine-color-error)"
            onClick={() => onChange("disable")}
          >
            Disable
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconCircleCheck size={16} />} onClick={() => onChange("enable")}>
            Enable
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
