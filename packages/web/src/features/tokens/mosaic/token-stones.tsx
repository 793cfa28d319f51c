import { useIntersection } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { type Token, tokenScopesQuery } from "../../../api/tokens.ts";
import { SmallMosaic, smallMosaicHeight } from "./scope-mosaic.tsx";
import { tilesOf } from "./tiles.ts";

const atMost = { limit: 100, offset: 0 } as const;
const nothing: ReadonlySet<string> = new Set();

/** Of the types that every server has. */
const usualHeight = 36;

/**
 * What a token of a list may do, at a glance; read once it comes into view. Its place is kept until then: a row that
 * grew would take the buttons of those below it from under the finger.
 */
export function TokenStones({ token }: { readonly token: Token }) {
  const { ref, entry } = useIntersection();
  const { data: catalogue } = useQuery(catalogueQuery);
  const isAsked = entry?.isIntersecting === true && token.scopes_count > 0;
  const { data } = useQuery({ ...tokenScopesQuery(token.id, atMost), enabled: isAsked });
  if (token.scopes_count === 0) return "None";
  return (
    <div
      ref={ref}
      title={`${token.scopes_count.toLocaleString("en")} scopes`}
      style={{
        minHeight:
          catalogue === undefined ? usualHeight : smallMosaicHeight(catalogue.entity_types),
      }}
    >
      {catalogue === undefined || data === undefined ? (
        token.scopes_count.toLocaleString("en")
      ) : (
        <SmallMosaic groups={tilesOf(catalogue, data.scopes, nothing)} />
      )}
    </div>
  );
}
