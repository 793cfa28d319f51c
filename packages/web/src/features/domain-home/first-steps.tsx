import { CloseButton, Group, Paper, Text, Title, Tooltip } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconCheck } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { type FirstEntities, firstEntitiesQuery } from "../../api/first-steps.ts";
import { type Token, tokenOfDomainQuery, tokensKey } from "../../api/tokens.ts";
import { readAnew } from "../../api/use-change.ts";
import { FirstCall } from "./first-call.tsx";
import classes from "./first-steps.module.css";
import { ConnectFirst, CreateFirst } from "./first-things.tsx";
import { FirstToken } from "./first-token.tsx";

const lookAgainMs = 2000;

/** Leads from an empty domain to the first call that a program made; whoever has made it all never sees it. */
export function FirstSteps({ domainId }: { readonly domainId: string }) {
  const [hidden, setHidden] = useLocalStorage<readonly string[]>({
    key: "tessera-first-steps-hidden",
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  const isHidden = hidden.includes(domainId);
  const entities = useQuery({ ...firstEntitiesQuery(domainId), enabled: !isHidden });
  const token = useQuery({
    ...tokenOfDomainQuery(domainId),
    enabled: !isHidden,
    refetchInterval: ({ state: { data } }) =>
      data !== null && data !== undefined && data.use_count === 0 && lookAgainMs,
  });
  const [wasOpen, setWasOpen] = useState(false);
  if (isHidden || entities.data === undefined || token.data === undefined) return null;
  const isAllDone = entities.data.isConnected && (token.data?.use_count ?? 0) > 0;
  if (isAllDone && !wasOpen) return null;
  if (!wasOpen) setWasOpen(true);
  return (
    <Paper
      withBorder
      p={{ base: "md", sm: "lg" }}
      component="section"
      aria-labelledby="first-steps"
    >
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb="md">
        <div>
          <Title order={2} id="first-steps">
            {isAllDone ? "You are up and running" : "First steps"}
          </Title>
          <Text size="sm" c="dimmed">
            {isAllDone
              ? "A program has reached the domain with a token of yours."
              : "From here to the first call that a program makes."}
          </Text>
        </div>
        <Tooltip label="Hide this">
          <CloseButton
            aria-label="Hide the first steps"
            onClick={() => setHidden([...hidden, domainId])}
          />
        </Tooltip>
      </Group>
      <Steps domainId={domainId} entities={entities.data} token={token.data} />
    </Paper>
  );
}

interface StepsProps {
  readonly domainId: string;
  readonly entities: FirstEntities;
  readonly token: Token | null;
}

function Steps({ domainId, entities, token }: StepsProps) {
  const { client, channel, isConnected } = entities;
  const [made, setMade] = useState<{ readonly id: string; readonly secret: string }>();
  const isCalled = (token?.use_count ?? 0) > 0;
  const queryClient = useQueryClient();
  const wasCalled = useRef(isCalled);
  useEffect(() => {
    // What else of the page counts uses is to say so too.
    if (isCalled && !wasCalled.current) void readAnew(queryClient, [tokensKey]);
    wasCalled.current = isCalled;
  }, [isCalled, queryClient]);
  const steps: readonly StepProps[] = [
    {
      title: "A client",
      description: "A device or program that will talk.",
      isDone: client !== null,
      children: <CreateFirst domainId={domainId} type="clients" suggestion="sensor-1" />,
    },
    {
      title: "A channel",
      description: "What it will talk on.",
      isDone: channel !== null,
      children: <CreateFirst domainId={domainId} type="channels" suggestion="measurements" />,
    },
    {
      title: "A connection",
      description: "Lets the client publish and subscribe on the channel.",
      isDone: isConnected,
      children: client !== null && channel !== null && (
        <ConnectFirst domainId={domainId} client={client} channel={channel} />
      ),
    },
    {
      title: "A token",
      description: "A key for a program, with no more rights than it needs.",
      isDone: token !== null,
      children: client !== null && (
        <FirstToken domainId={domainId} client={client} onMade={setMade} />
      ),
    },
    {
      title: "The first call",
      description: isCalled ? "" : "Turns green when the token was really used.",
      isDone: isCalled,
      staysOpen: true,
      children: token !== null && (
        <FirstCall
          domainId={domainId}
          clientId={client?.id}
          token={token}
          secret={made?.id === token.id ? made.secret : undefined}
        />
      ),
    },
  ];
  const next = steps.findIndex(({ isDone }) => !isDone);
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <Step key={step.title} {...step} number={index + 1} isNext={index === next} />
      ))}
    </ol>
  );
}

interface StepProps {
  readonly title: string;
  readonly description: string;
  readonly isDone: boolean;
  /** What it holds is there when it is done, too. */
  readonly staysOpen?: boolean;
  readonly children: ReactNode;
}

interface NumberedStepProps extends StepProps {
  readonly number: number;
  /** The first that is not done. */
  readonly isNext: boolean;
}

function Step(props: NumberedStepProps) {
  const { title, description, number, isDone, isNext, staysOpen = false } = props;
  return (
    <li
      className={classes.step}
      data-done={isDone}
      {...(isNext ? { "aria-current": "step" as const } : {})}
    >
      <span className={classes.sign} aria-hidden="true">
        {isDone ? <IconCheck size={17} stroke={2.4} /> : number}
      </span>
      <span className={classes.rail} aria-hidden="true" />
      <div className={classes.body}>
        <Text component="h3" size="sm" fw={600} m={0}>
          {title}
          {isDone && (
            <Text component="span" inherit fw={450} c="dimmed">
              {" "}
              · done
            </Text>
          )}
        </Text>
        {description !== "" && (isNext || !isDone) && (
          <Text size="sm" c="dimmed">
            {description}
          </Text>
        )}
        {(isNext || (isDone && staysOpen)) && props.children}
      </div>
    </li>
  );
}
