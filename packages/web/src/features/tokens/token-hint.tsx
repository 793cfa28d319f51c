import { Code } from "@mantine/core";
import type { Token } from "../../api/tokens.ts";

/** How a token's text begins and ends, to find it again where it is used. */
export function TokenHint({ token }: { token: Pick<Token, "starts_with" | "ends_with"> }) {
  return (
    <Code display="block" w="max-content" mt={2} fz={11}>
      {`${token.starts_with}…${token.ends_with}`}
    </Code>
  );
}
