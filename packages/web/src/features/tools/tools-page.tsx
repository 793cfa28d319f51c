import { Anchor, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { instanceQuery } from "../../api/instance.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import classes from "./tools-page.module.css";

/** How programs, people in a terminal and gateways use this server. */
export function ToolsPage() {
  const { data: instance } = useQuery(instanceQuery);
  const url = instance?.public_url || window.location.origin;
  return (
    <>
      <PageHeader
        title="API and tools"
        crumbs={[{ label: "API and tools" }]}
        description="All that this app does, programs can do with a token."
      />
      <Stack gap="lg">
        <Part id="api" title="API">
          <Text size="sm">
            Every call with its parameters, answers and errors is in the{" "}
            <Anchor href="/docs" target="_blank" inherit underline="always">
              API reference
            </Anchor>
            . Generators of clients take it as{" "}
            <Anchor href="/openapi.json" target="_blank" inherit underline="always">
              OpenAPI
            </Anchor>
            .
          </Text>
          <Shell
            what="the call"
            text={`curl -H "Authorization: Bearer $TESSERA_TOKEN" \\\n  "${url}/domains"`}
          />
        </Part>
        <Part id="command-line" title="Command line">
          <Text size="sm">
            <code>tessera</code> has a command for every call of the API. It comes with the server;{" "}
            <code>tessera endpoints</code> lists the commands, and <code>--help</code> explains
            each.
          </Text>
          <Shell
            what="the commands"
            text={[
              `export TESSERA_URL=${url}`,
              "tessera login --username <you>",
              "tessera tokens.create --name ci --duration 24h --domainId <domain> --scope clients:view:*",
            ].join("\n")}
          />
        </Part>
        <Part id="gateways" title="Gateways">
          <Text size="sm">
            A service that knows nothing of tokens can stand behind nginx, Traefik, Envoy or Caddy,
            which ask Tessera about every request. Which request is which operation is said under{" "}
            <code>routes:</code> in the server's settings. Whole configurations, with what they must
            drop from requests, are in <code>docs/gateways.md</code> of the server. They ask here:
          </Text>
          <Shell what="the address" text={`${url}/forward-auth`} />
        </Part>
      </Stack>
    </>
  );
}

interface PartProps {
  readonly id: string;
  readonly title: string;
  readonly children: ReactNode;
}

function Part({ id, title, children }: PartProps) {
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} component="section" aria-labelledby={id}>
      <Title order={2} id={id} mb="xs" className={classes.title ?? ""}>
        {title}
      </Title>
      <Stack gap="sm">{children}</Stack>
    </Paper>
  );
}

function Shell({ what, text }: { readonly what: string; readonly text: string }) {
  return (
    <div className={classes.shell}>
      <pre
        className={classes.text}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        tabIndex={0}
      >
        {text}
      </pre>
      <CopyButton text={text} what={what} />
    </div>
  );
}
