import type { Icon } from "@tabler/icons-react";
import {
  IconBan,
  IconCircleCheck,
  IconFolderSymlink,
  IconPlugConnected,
  IconTag,
  IconTrash,
} from "@tabler/icons-react";
import type { EntityTypeName } from "../../api/entities.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";

/** What can be done to several entities at once. */
export type BulkAction = "enable" | "disable" | "tag" | "assign" | "connect" | "delete";

interface BulkActionRow {
  readonly action: BulkAction;
  readonly label: string;
  readonly Icon: Icon;
  /** What it takes on each of them. */
  readonly operation: string;
}

/** Those that the type knows. */
export function bulkActionsOf(type: EntityTypeName): readonly BulkActionRow[] {
  const { parent, connections } = entityTypeRows[type];
  return [
    { action: "enable", label: "Enable", Icon: IconCircleCheck, operation: "enable" },
    { action: "disable", label: "Disable", Icon: IconBan, operation: "disable" },
    { action: "tag", label: "Tag", Icon: IconTag, operation: "update_tags" },
    {
      action: "assign",
      label: "Assign to group",
      Icon: IconFolderSymlink,
      operation: parent.setOperation,
    },
    ...(connections === undefined
      ? []
      : [
          {
            action: "connect" as const,
            label: "Connect",
            Icon: IconPlugConnected,
            operation: connections.connectOperation,
          },
        ]),
    { action: "delete", label: "Delete", Icon: IconTrash, operation: "delete" },
  ];
}
