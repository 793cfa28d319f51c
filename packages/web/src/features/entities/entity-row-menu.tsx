import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconBan,
  IconCircleCheck,
  IconCopy,
  IconDots,
  IconEye,
  IconFolderMinus,
  IconFolderSymlink,
  IconPlugConnected,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import {
  type Entity,
  type EntityTypeName,
  entityName,
  entityTypes,
  parentGroupIdOf,
} from "../../api/entities.ts";
import { useRights } from "../../api/rights.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { copyText } from "../../ui/copy-text.ts";
import { LinkMenuItem } from "../../ui/links.tsx";
import { capitalized } from "../../words/first-letter.ts";
import { isolated } from "../../words/foreign-text.ts";
import type { EntityDialog } from "./entity-dialogs.tsx";

interface EntityRowMenuProps {
  readonly type: EntityTypeName;
  readonly entity: Entity;
  readonly onDialog: (dialog: EntityDialog) => void;
}

/** What can be done with an entity of a table; asks what is allowed when it opens. */
export function EntityRowMenu({ type, entity, onDialog }: EntityRowMenuProps) {
  const { domain_id: domainId, id } = entity;
  const { connections } = entityTypeRows[type];
  const [isOpen, setIsOpen] = useState(false);
  const rights = useRights(type, domainId, id, { isAsked: isOpen });
  const copyId = async () => {
    const isCopied = await copyText(id);
    notifications.show(
      isCopied
        ? { message: "ID copied" }
        : { color: "brick", message: `The browser would not copy it. The ID is ${id}` },
    );
  };
  const isEnabled = entity.status === "enabled";
  const hasParent = parentGroupIdOf(entity) !== undefined;
  /** Refused: not offered. Not known yet: offered, but not to be chosen yet. */
  const item = (operation: string, dialog: EntityDialog, label: string, icon: React.ReactNode) =>
    rights.whyNot(operation) === undefined && (
      <Menu.Item
        leftSection={icon}
        disabled={!rights.may(operation)}
        onClick={() => onDialog(dialog)}
        {...(dialog === "delete" ? { c: "var(--mantine-color-error)" } : {})}
      >
        {label}
      </Menu.Item>
    );
  return (
    <Menu position="bottom-end" width={210} opened={isOpen} onChange={setIsOpen}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Actions for ${isolated(entityName(entity))}`}
        >
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <LinkMenuItem
          to="/domains/$domainId/$type/$id"
          params={{ domainId, type, id }}
          leftSection={<IconEye size={16} />}
        >
          View
        </LinkMenuItem>
        <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void copyId()}>
          Copy ID
        </Menu.Item>
        {connections !== undefined && (
          <LinkMenuItem
            to="/domains/$domainId/$type/$id/connections"
            params={{ domainId, type, id }}
            leftSection={<IconPlugConnected size={16} />}
          >
            {`Connect to ${capitalized(entityTypes[connections.other].singular)}`}
          </LinkMenuItem>
        )}
        {item(
          entityTypeRows[type].parent.setOperation,
          "assign",
          hasParent ? "Move to Group" : "Assign to Group",
          <IconFolderSymlink size={16} />,
        )}
        {hasParent &&
          item(
            "remove_parent_group",
            "unassign",
            "Remove from Group",
            <IconFolderMinus size={16} />,
          )}
        <Menu.Divider />
        {isEnabled
          ? item("disable", "disable", "Disable", <IconBan size={16} />)
          : item("enable", "enable", "Enable", <IconCircleCheck size={16} />)}
        {item("delete", "delete", "Delete", <IconTrash size={16} />)}
      </Menu.Dropdown>
    </Menu>
  );
}
