import type { ScopeWire } from "@tessera/sdk";
import {
  chooseChange,
  chooseExample,
  curlExample,
  endpointsOfScope,
  pathOf,
} from "../curl-example.ts";
import { CurlExample } from "../secret-panel.tsx";
import classes from "./creation.module.css";

interface CallsOpenedProps {
  readonly scopes: readonly ScopeWire[];
  readonly baseUrl: string;
}

/** Exactly the calls that scopes open, and one of them to paste into a shell. */
export function CallsOpened({ scopes, baseUrl }: CallsOpenedProps) {
  const calls = scopes.flatMap((scope) =>
    endpointsOfScope(scope).map((endpoint) => ({
      method: endpoint.method,
      path: pathOf({ endpoint, scope }, "<id>"),
    })),
  );
  const lines = [...new Map(calls.map((call) => [`${call.method} ${call.path}`, call])).values()];
  if (lines.length === 0) return null;
  const change = chooseChange(scopes);
  const textOf = (example: ReturnType<typeof chooseExample>) =>
    curlExample(baseUrl, "$TESSERA_TOKEN", example);
  return (
    <details className={classes.review}>
      <summary>
        {lines.length === 1 ? "The call that it opens" : `The ${lines.length} calls that it opens`}
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard. */}
      <ul className={classes.calls} tabIndex={0} aria-label="Calls">
        {lines.map(({ method, path }) => (
          <li key={`${method} ${path}`}>
            <b>{method}</b> {path}
          </li>
        ))}
      </ul>
      <CurlExample
        calls={{
          call: textOf(chooseExample(scopes)),
          change: change === undefined ? undefined : textOf(change),
        }}
      />
    </details>
  );
}
