import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { readAnew } from "../api/use-change.ts";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Form } from "../ui/form.tsx";
import { Name } from "../ui/name.tsx";
import classes from "./bulk-dialog.module.css";
import { type Outcome, runEach } from "./run-each.ts";

interface BulkDialogProps<Item> {
  readonly title: string;
  /** The verb on the button, and what is said of each that it was done to: `Revoke`, `revoked`. */
  readonly verb: string;
  readonly done: string;
  readonly isHarmless?: boolean;
  readonly items: readonly Item[];
  readonly nameOf: (item: Item) => string;
  readonly act: (item: Item) => Promise<unknown>;
  /** Whether it can begin; else the fields say what is missing. */
  readonly onTry?: () => boolean;
  readonly stale: readonly QueryKey[];
  /** Those that it could not be done to stay chosen. */
  readonly onEnd: (left: readonly Item[]) => void;
  readonly onClose: () => void;
  /** What it takes to know for it. */
  readonly fields?: ReactNode;
  /** What it will do. */
  readonly children: ReactNode;
}

const shownNames = 8;

/** Does the same to many: asks, shows how far it is, and tells of each that it could not be done to why. */
export function BulkDialog<Item>(props: BulkDialogProps<Item>) {
  const { title, verb, done, items, nameOf, onClose } = props;
  const queryClient = useQueryClient();
  /** Kept as they were chosen: what is done leaves the selection. */
  const [all] = useState(items);
  const [outcomes, setOutcomes] = useState<readonly Outcome<Item>[]>();
  const [isRunning, setIsRunning] = useState(false);
  const [waitSeconds, setWaitSeconds] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const isStopped = useRef(false);
  // What nobody sees any more does not go on.
  useEffect(
    () => () => {
      isStopped.current = true;
    },
    [],
  );
  const known = outcomes ?? [];
  const failed = known.filter(({ reason }) => reason !== undefined);
  const left = all.filter((item) => !known.some((outcome) => outcome.item === item));

  const run = async () => {
    if (props.onTry?.() === false) return;
    const reached: Outcome<Item>[] = known.filter(({ reason }) => reason === undefined);
    const wanted = all.filter((item) => !reached.some((outcome) => outcome.item === item));
    isStopped.current = false;
    setError(null);
    setOutcomes([...reached]);
    setIsRunning(true);
    try {
      await runEach({
        items: wanted,
        act: props.act,
        isStopped: () => isStopped.current,
        onOutcome: (outcome) => {
          reached.push(outcome);
          setOutcomes([...reached]);
        },
        wait: async (seconds) => {
          setWaitSeconds(seconds);
          await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
          setWaitSeconds(0);
        },
      });
    } catch (failure) {
      setError(failure);
    } finally {
      setIsRunning(false);
      const isDone = (item: Item) =>
        reached.some((outcome) => outcome.item === item && outcome.reason === undefined);
      const undone = all.filter((item) => !isDone(item));
      props.onEnd(undone);
      if (undone.length === 0) {
        notifications.show({ message: `${all.length.toLocaleString("en")} ${done}` });
        onClose();
      }
      await readAnew(queryClient, props.stale);
    }
  };

  return (
    <Dialog
      isOpen
      onClose={onClose}
      isBusy={isRunning}
      isSent={outcomes !== undefined}
      title={title}
    >
      {outcomes === undefined ? (
        <Form
          change={{ isPending: false, error: null }}
          verb={`${verb} ${all.length.toLocaleString("en")}`}
          {...(props.isHarmless === true ? {} : { color: "brick", isCloseFocused: true })}
          onClose={onClose}
          onSubmit={() => void run()}
        >
          <Text size="sm" component="div">
            {props.children}
          </Text>
          <ul className={classes.names}>
            {all.slice(0, shownNames).map((item, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes.
              <li key={index}>
                <Name>{nameOf(item)}</Name>
              </li>
            ))}
            {all.length > shownNames && (
              <li>and {(all.length - shownNames).toLocaleString("en")} more</li>
            )}
          </ul>
          {props.fields}
        </Form>
      ) : (
        <Stack>
          <Text size="sm" role="status" fw={500}>
            {known.length - failed.length} of {all.length} {done}
            {failed.length > 0 && `, ${failed.length} not`}
            {isRunning && waitSeconds > 0 && `; going on in ${waitSeconds} s`}
          </Text>
          <Progress.Root size={10}>
            <Progress.Section
              value={(100 * (known.length - failed.length)) / all.length}
              color="verdigris"
              aria-label="Done"
            />
            <Progress.Section
              value={(100 * failed.length) / all.length}
              color="brick"
              aria-label="Not done"
            />
          </Progress.Root>
          <FailureNotice error={error} />
          {failed.length > 0 && (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
            <section className={classes.report} aria-label="Not done" tabIndex={0}>
              <ul>
                {failed.map(({ item, reason }) => (
                  <li key={nameOf(item) + reason}>
                    <strong>
                      <Name>{nameOf(item)}</Name>
                    </strong>
                    : {reason}
                  </li>
                ))}
              </ul>
            </section>
          )}
          <Group justify="flex-end">
            {isRunning ? (
              <Button
                variant="default"
                onClick={() => {
                  isStopped.current = true;
                }}
              >
                Stop
              </Button>
            ) : (
              <>
                {failed.length + left.length > 0 && (
                  <Button variant="default" onClick={() => void run()}>
                    {failed.length > 0 ? "Try those again" : "Go on"}
                  </Button>
                )}
                <Button data-autofocus onClick={onClose}>
                  Close
                </Button>
              </>
            )}
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}
