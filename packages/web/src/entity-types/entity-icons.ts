import { IconBoxMultiple, IconBroadcast, IconDeviceDesktop } from "@tabler/icons-react";

/** The sign of each type, the same everywhere. */
export const entityIcons = {
  clients: IconDeviceDesktop,
  channels: IconBroadcast,
  groups: IconBoxMultiple,
} as const;
