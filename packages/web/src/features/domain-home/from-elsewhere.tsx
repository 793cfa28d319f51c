import { Anchor, Group, Paper, Text, Title } from "@mantine/core";
import { LinkAnchor } from "../../ui/links.tsx";

/** The ways into the domain besides this app. */
export function FromElsewhere() {
  return (
    <Paper withBorder p="lg" component="section" aria-labelledby="from-elsewhere">
      <Title order={2} id="from-elsewhere" mb={4}>
        From programs
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        All that this app does can be done with a token as well.
      </Text>
      <Group gap="lg">
        <Anchor href="/docs" target="_blank" size="sm">
          API reference
        </Anchor>
        <LinkAnchor to="/tools" hash="command-line" size="sm">
          Command line
        </LinkAnchor>
        <LinkAnchor to="/tools" hash="gateways" size="sm">
          Gateways
        </LinkAnchor>
      </Group>
    </Paper>
  );
}
