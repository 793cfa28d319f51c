import { Paper, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Logo } from "../../ui/logo.tsx";
import classes from "./entrance.module.css";

interface EntranceProps {
  readonly title: string;
  readonly children: ReactNode;
  /** What else one can do from here. */
  readonly footer: ReactNode;
}

/** The page before one is in: sign in, register and what links in mails lead to share it. */
export function Entrance({ title, children, footer }: EntranceProps) {
  useDocumentTitle(`${title} · Tessera`);
  return (
    <main className={classes.page}>
      <div className={classes.mosaic} aria-hidden="true" />
      <div className={classes.content}>
        <Stack align="center" gap={6} mb="xl">
          <Logo size={44} withName />
          <Text c="dimmed" size="sm" ta="center">
            Tokens that open exactly what they should
          </Text>
        </Stack>
        <Paper withBorder p={{ base: "lg", xs: 32 }} className={classes.card}>
          <Title order={1} size="h2" mb="lg">
            {title}
          </Title>
          {children}
        </Paper>
        <Text ta="center" size="sm" mt="lg" component="div">
          {footer}
        </Text>
      </div>
    </main>
  );
}
