import { Badge } from "@mantine/core";
import {
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClockExclamation,
  IconClockX,
  IconHourglass,
  IconSnowflake,
} from "@tabler/icons-react";

const looks = {
  active: { color: "verdigris", Icon: IconCircleCheck },
  enabled: { color: "verdigris", Icon: IconCircleCheck },
  accepted: { color: "verdigris", Icon: IconCircleCheck },
  "expiring soon": { color: "ochre", Icon: IconClockExclamation },
  pending: { color: "ochre", Icon: IconHourglass },
  expired: { color: "ochre", Icon: IconClockX },
  freezed: { color: "ochre", Icon: IconSnowflake },
  revoked: { color: "brick", Icon: IconBan },
  rejected: { color: "brick", Icon: IconCircleX },
  deleted: { color: "brick", Icon: IconCircleX },
  disabled: { color: "gray", Icon: IconBan },
} as const;

/** A word for a state with its colour and sign, so that colour alone never carries the meaning. */
export function StatusBadge({ status }: { status: keyof typeof looks }) {
  const { color, Icon } = looks[status];
  return (
    <Badge
      variant="light"
      color={color}
      tt="capitalize"
      fw={500}
      miw="max-content"
      leftSection={<Icon size={13} aria-hidden />}
    >
      {status === "freezed" ? "frozen" : status}
    </Badge>
  );
}
