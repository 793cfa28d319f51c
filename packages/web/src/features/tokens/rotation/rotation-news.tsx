import { Button, Paper, Text } from "@mantine/core";
import { IconArrowBackUp, IconCircleCheck, IconHourglass } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { type ReactNode, useState } from "react";
import { api, askAgainMs } from "../../../api/client.ts";
import { forgetSecret } from "../../../api/new-secrets.ts";
import { type Token, tokenQuery, tokensKey } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { useNow } from "../../../ui/use-now.ts";
import { isServerAway } from "../../../words/failure-text.ts";
import { dateTimeText } from "../../../words/time-text.ts";
import classes from "./rotation.module.css";
import { endOfRotation, type Rotation, rotationOf, type TokenSecret } from "./rotation-state.ts";

/** While somebody waits before the page; a page that is hidden asks nothing. */
const lookAgainMs = { untilUsed: 2000, untilDeadline: 10_000 } as const;

interface News {
  readonly title: string;
  readonly text: ReactNode;
  readonly isOver: boolean;
}

/** What becomes of a new secret: waits for its first use, and says when the old one is dead. */
export function RotationNews({ token }: { token: Token }) {
  const now = useNow();
  const rotation = rotationOf(token);
  /** The id of the new secret, known on after the rotation is over. */
  const [followed, setFollowed] = useState<string>();
  if (rotation !== undefined && rotation.fresh.id !== followed) setFollowed(rotation.fresh.id);
  useQuery({
    ...tokenQuery(token.id),
    refetchInterval: ({ state }) => {
      if (isServerAway(state.error)) return askAgainMs;
      const present = state.data === undefined ? undefined : rotationOf(state.data);
      if (present === undefined) return false;
      return present.isUsed ? lookAgainMs.untilDeadline : lookAgainMs.untilUsed;
    },
  });
  const news = newsOf(token, rotation, followed, now);
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} component="section" aria-label="Rotation">
      <div className={classes.news}>
        <div className={classes.line} role="status">
          {news !== undefined && (
            <>
              {news.isOver ? (
                <IconCircleCheck size={20} aria-hidden className={classes.done} />
              ) : (
                <IconHourglass size={20} aria-hidden className={classes.waiting} />
              )}
              <div>
                <Text fw={600}>{news.title}</Text>
                <Text size="sm" component="div">
                  {news.text}
                </Text>
              </div>
            </>
          )}
        </div>
        {rotation !== undefined && !rotation.isUsed && isAlive(rotation.before, now) && (
          <CancelButton token={token} />
        )}
      </div>
    </Paper>
  );
}

const isAlive = ({ expires_at }: TokenSecret, now: number) => (readWireTime(expires_at) ?? 0) > now;

function newsOf(
  token: Token,
  rotation: Rotation | undefined,
  followed: string | undefined,
  now: number,
): News | undefined {
  if (rotation !== undefined) return { ...newsUnderWay(rotation, now), isOver: false };
  const end = followed === undefined ? undefined : endOfRotation(token, followed);
  return end === undefined ? undefined : { ...newsOfEnd[end], isOver: true };
}

const newsOfEnd = {
  switched: {
    title: "Switched: the old secret is dead",
    text: "The new one is in use, and nothing else opens this token.",
  },
  unused: {
    title: "The old secret is dead",
    text: "Its time is over. Nobody has used the new one yet.",
  },
  discarded: {
    title: "The new secret is discarded",
    text: "It no longer works. The old one keeps working, as if nothing had happened.",
  },
} as const;

function newsUnderWay({ fresh, before, isUsed }: Rotation, now: number): Omit<News, "isOver"> {
  const diesAt = readWireTime(before.dies_at) ?? 0;
  if (isUsed) {
    return {
      title: "The new secret is in use",
      text: (
        <>
          The old one works until <Moment at={diesAt} />, and was last used{" "}
          <RelativeTime at={readWireTime(before.last_used_at)} never="never" />
          {before.last_used_address === "" ? "" : ` from ${before.last_used_address}`}.
        </>
      ),
    };
  }
  const title = "Waiting for the first use of the new secret …";
  if (fresh.state === "live") {
    return {
      title,
      text: (
        <>
          Both secrets work until <Moment at={diesAt} />. Then the old one dies, whatever happened.
        </>
      ),
    };
  }
  if (!isAlive(before, now)) {
    return { title, text: "The old one has expired: only the new one works." };
  }
  return {
    title,
    text: (
      <>
        The old one works until then. If nobody uses the new one by{" "}
        <Moment at={readWireTime(fresh.dies_at) ?? 0} />, it is discarded and the old one keeps
        working.
      </>
    ),
  };
}

function Moment({ at }: { at: number }) {
  return <strong>{dateTimeText(at)}</strong>;
}

function CancelButton({ token }: { token: Token }) {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const cancel = useChange(() => api.tokens.cancel_rotation({ tokenId: token.id }), {
    done: null,
    stale: [tokensKey],
    onDone: (kept) => {
      queryClient.setQueryData(tokenQuery(token.id).queryKey, kept);
      forgetSecret(queryClient, token.id);
      setIsAsking(false);
    },
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconArrowBackUp size={16} aria-hidden />}
        onClick={() => setIsAsking(true)}
      >
        Cancel the rotation
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title="Cancel the rotation?"
        verb="Discard the new secret"
        closeVerb="Go on"
        isPending={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={() => setIsAsking(false)}
      >
        The new secret, which nobody has used, never works again. The old one keeps working until it
        expires.
      </ConfirmDialog>
    </>
  );
}
