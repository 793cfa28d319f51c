import { Button, Group, Paper, Title } from "@mantine/core";
import { IconHelpHexagon } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { Token } from "../../../api/tokens.ts";
import { lazyPart } from "../../../ui/lazy-part.tsx";
import type { TokenSearch } from "../token-search.ts";

const TryItForm = lazyPart(async () => (await import("./try-it-form.tsx")).TryItForm);

interface TryItProps {
  readonly token: Token;
  /** What the address of the page asks. */
  readonly asked: Pick<TokenSearch, "ask" | "address">;
}

/** Whether the token may do something, from somewhere and at some time, and why: without using it. */
export function TryIt({ token, asked }: TryItProps) {
  const [isShown, setIsShown] = useState(asked.ask !== undefined);
  const section = useRef<HTMLElement>(null);
  const isAsked = asked.ask !== undefined;
  useEffect(() => {
    if (isAsked) section.current?.scrollIntoView({ block: "start" });
  }, [isAsked]);
  return (
    <section
      ref={section}
      aria-labelledby="try-it-title"
      data-not-on-paper={isShown ? undefined : true}
    >
      <Group justify="space-between" mb="md">
        <Title order={2} id="try-it-title">
          Try it
        </Title>
        <Button
          variant="default"
          leftSection={<IconHelpHexagon size={16} aria-hidden />}
          aria-expanded={isShown}
          onClick={() => setIsShown(!isShown)}
        >
          {isShown ? "Hide" : "May it do this?"}
        </Button>
      </Group>
      {isShown && (
        <Paper withBorder p={{ base: "md", sm: "lg" }}>
          <TryItForm token={token} asked={asked} />
        </Paper>
      )}
    </section>
  );
}
