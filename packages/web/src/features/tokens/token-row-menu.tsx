import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconArrowBackUp,
  IconBan,
  IconCopy,
  IconDots,
  IconEye,
  IconPlus,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import type { Token } from "../../api/tokens.ts";
import { copyText } from "../../ui/copy-text.ts";
import { LinkMenuItem } from "../../ui/links.tsx";
import { isolated } from "../../words/foreign-text.ts";
import type { TokenDialog } from "./token-dialogs.tsx";

interface TokenRowMenuProps {
  readonly token: Token;
  readonly onDialog: (dialog: TokenDialog) => void;
}

/** What can be done with a token of the table. */
export function TokenRowMenu({ token, onDialog }: TokenRowMenuProps) {
  const copyId = async () => {
    const isCopied = await copyText(token.id);
    notifications.show(
      isCopied
        ? { message: "ID copied" }
        : { color: "brick", message: `The browser would not copy it. The ID is ${token.id}` },
    );
  };
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Actions for ${isolated(token.name)}`}
        >
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <LinkMenuItem
          to="/pats/$tokenId"
          params={{ tokenId: token.id }}
          leftSection={<IconEye size={16} />}
        >
          View
        </LinkMenuItem>
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void copyId()}>
          Copy ID
        </Menu.Item>
        <LinkMenuItem
          to="/pats/$tokenId"
          params={{ tokenId: token.id }}
          search={{ add: "scope" }}
          leftSection={<IconPlus size={16} />}
        >
          Add Scope
        </LinkMenuItem>
        <Menu.Divider />
        {token.restorable === true && (
          <Menu.Item
            leftSection={<IconArrowBackUp size={16} />}
            onClick={() => onDialog("restore")}
          >
            Restore
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => onDialog("regenerate")}>
          Regenerate
        </Menu.Item>
        {token.status === "active" && (
          <Menu.Item leftSection={<IconBan size={16} />} onClick={() => onDialog("revoke")}>
            Revoke
          </Menu.Item>
        )}
        <Menu.Item
          c="var(--mantine-color-error)"
          leftSection={<IconTrash size={16} />}
          onClick={() => onDialog("delete")}
        >
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
