import { Notifications } from "@mantine/notifications";

/** Where the short notes of what was done appear. */
export function Notices() {
  return <Notifications position="bottom-right" autoClose={6000} />;
}
