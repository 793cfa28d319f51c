import { Alert } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import classes from "./away-notice.module.css";
import { partLoader } from "./load-part.ts";

/** Says that something does not show because the server is away. */
export function AwayNotice() {
  const isWaiting = useSyncExternalStore(partLoader.subscribe, partLoader.isWaiting);
  return (
    <div role="status" className={classes.place} data-of-nobody>
      {isWaiting && (
        <Alert
          color="ochre"
          icon={<IconPlugConnectedX aria-hidden />}
          title="The server cannot be reached"
          className={classes.notice ?? ""}
        >
          It shows by itself as soon as the server answers.
        </Alert>
      )}
    </div>
  );
}
