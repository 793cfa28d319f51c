import { setGlobalProxyFromEnv } from "node:http";
import { UsageError } from "./usage-error.ts";

/** What is never asked of a proxy, which would look for it on its own machine. */
const thisMachine = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** Sends requests through the proxies that the environment names, as most programs do. */
export function useProxies(variables: NodeJS.ProcessEnv): void {
  const read = (name: string) => {
    const value = variables[name.toLowerCase()] || variables[name];
    return value === undefined || value.trim() === "" ? undefined : value.trim();
  };
  const http = read("HTTP_PROXY");
  const https = read("HTTPS_PROXY");
  if (http === undefined && https === undefined) return;
  for (const [name, value] of Object.entries({ HTTP_PROXY: http, HTTPS_PROXY: https })) {
    if (value !== undefined && !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
      throw new UsageError(
        `${name} is no address of a proxy, which would be like http://proxy.example.com:3128`,
      );
    }
  }
  const direct = read("NO_PROXY") ?? "";
  setGlobalProxyFromEnv({
    ...(http === undefined ? {} : { http_proxy: http }),
    ...(https === undefined ? {} : { https_proxy: https }),
    no_proxy: [direct, ...thisMachine].filter((host) => host !== "").join(","),
  });
}
