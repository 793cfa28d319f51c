import { Alert, Radio, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../../api/client.ts";
import { instanceQuery } from "../../../api/instance.ts";
import { type Token, tokensKey } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { useTouch } from "../../../ui/dialog.tsx";
import { Form } from "../../../ui/form.tsx";
import { Name } from "../../../ui/name.tsx";
import { Picker } from "../../../ui/picker.tsx";
import { useListed } from "../../../ui/use-listed.ts";
import { customDuration, durationChoices } from "../../../words/durations.ts";
import { fieldComplaint } from "../../../words/failure-text.ts";
import { dateTimeText } from "../../../words/time-text.ts";
import { LastUse } from "../last-use.tsx";
import classes from "./rotation.module.css";
import { type Rotation, rotationOf } from "./rotation-state.ts";

const ways = [
  {
    cutover: "first_use",
    label: "One program uses it",
    text: "The old secret dies the moment the new one is first used; if nobody uses it within 24 hours, the new one is discarded instead.",
  },
  {
    cutover: "deadline",
    label: "Several machines use it",
    text: "Both secrets work while you bring the new one to every machine; then the old one dies, whatever happened.",
  },
  {
    cutover: "now",
    label: "It leaked",
    text: "The old secret dies at once, and what uses the token stops working until it has the new one.",
  },
] as const;

type Cutover = (typeof ways)[number]["cutover"];

const overlaps = [
  { value: "1h", label: "1 hour" },
  { value: "24h", label: "24 hours" },
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
];

const asBefore = { value: "", label: "As long as the first secret was" };

interface RotateFormProps {
  readonly token: Token;
  readonly onClose: () => void;
  readonly onSecret: (renewed: { readonly id: string; readonly secret: string }) => Promise<void>;
}

/** For a token that works: who uses it decides when the old secret dies. */
export function RotateForm({ token, onClose, onSecret }: RotateFormProps) {
  const rotation = rotationOf(token);
  const isOnlyNow = rotation?.isUsed === true;
  const { data: instance } = useQuery(instanceQuery);
  const touch = useTouch();
  const [chosenCutover, setCutover] = useState<Cutover>("first_use");
  const cutover = isOnlyNow ? "now" : chosenCutover;
  const [overlap, setOverlap] = useState("24h");
  const [duration, setDuration] = useState(asBefore.value);
  const rotate = useChange(
    () =>
      api.tokens.rotate({
        tokenId: token.id,
        body: {
          cutover,
          ...(cutover === "deadline" ? { overlap } : {}),
          ...(duration === asBefore.value ? {} : { duration }),
        },
      }),
    { done: null, onDone: onSecret, stale: [tokensKey] },
  );
  const listedOverlaps = useListed(overlaps, "Choose one of these");
  const durations = [
    asBefore,
    ...durationChoices(instance?.max_token_lifetime_seconds ?? 0).filter(
      ({ value }) => value !== customDuration,
    ),
  ];
  const listedDurations = useListed(durations, "Choose one of these");
  const complaint = fieldComplaint(rotate.error);
  const complaintAbout = (field: string) =>
    complaint?.field === field ? complaint.text : undefined;
  return (
    <Form
      change={rotate}
      verb="Regenerate"
      onClose={onClose}
      isFailureSaid={complaint?.field === "duration" || complaint?.field === "overlap"}
      {...(cutover === "now" ? { color: "brick" } : {})}
      onSubmit={() => rotate.mutate()}
    >
      <Text size="sm" component="div">
        <strong>
          <Name>{token.name}</Name>
        </strong>{" "}
        gets a new secret. Name, description and scopes stay.
        <LastUse token={token} />
      </Text>
      {rotation !== undefined && <UnderWay {...rotation} />}
      <Radio.Group
        label="Who uses the token?"
        value={cutover}
        onChange={(value) => {
          touch();
          const way = ways.find((known) => known.cutover === value);
          if (way !== undefined) setCutover(way.cutover);
        }}
      >
        <Stack gap="xs" mt={6}>
          {ways.map((way) => (
            <Radio
              key={way.cutover}
              value={way.cutover}
              label={way.label}
              description={way.text}
              disabled={isOnlyNow && way.cutover !== "now"}
              className={classes.way ?? ""}
            />
          ))}
        </Stack>
      </Radio.Group>
      {cutover === "deadline" && (
        <Picker
          {...listedOverlaps}
          label="Both work for"
          isRequired
          placeholder="Select how long"
          maxWidth={320}
          isMany={false}
          chosen={overlaps.filter(({ value }) => value === overlap)}
          onChoose={([chosen]) => chosen !== undefined && setOverlap(chosen.value)}
          error={complaintAbout("overlap")}
        />
      )}
      <Picker
        {...listedDurations}
        label="The new secret is valid"
        isRequired
        placeholder="Select a duration"
        maxWidth={320}
        isMany={false}
        chosen={durations.filter(({ value }) => value === duration)}
        onChoose={([chosen]) => chosen !== undefined && setDuration(chosen.value)}
        error={complaintAbout("duration")}
      />
    </Form>
  );
}

/** What becomes of the secrets that there are already. */
function UnderWay({ before, isUsed }: Rotation) {
  return (
    <Alert color="ochre">
      {isUsed
        ? `The last new secret is in use, and the one before it works until ${dateTimeText(readWireTime(before.dies_at) ?? 0)}. Until then only “It leaked” is possible.`
        : "There is a new secret already that nobody has used. It is discarded, and the one you make now takes its place."}
    </Alert>
  );
}
