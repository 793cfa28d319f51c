import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

const timeoutMilliseconds = 5_000;
const maximumBytes = 64 * 1024;

export interface Answer {
  readonly status: number;
  /** Of the `Date` header, which tells whole seconds; milliseconds since the epoch. */
  readonly date: number | undefined;
  /** Parsed JSON; `undefined` where it is none. */
  readonly body: unknown;
  /** From which address this machine asked. */
  readonly ownAddress: string;
}

/** Asks a server once, going after no redirection. Throws where it does not answer. */
export async function askServer(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      headers: { accept: "application/json", ...headers },
      agent: false,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    asked.on("error", reject).on("response", (response) => {
      const ownAddress = response.socket.localAddress ?? "";
      let text = "";
      response.setEncoding("utf8").on("error", reject);
      response.on("data", (more: string) => {
        text += more;
        if (text.length > maximumBytes) response.destroy(new Error("the answer is too long"));
      });
      response.on("end", () => {
        const date = Date.parse(response.headers.date ?? "");
        resolve({
          status: response.statusCode ?? 0,
          date: Number.isNaN(date) ? undefined : date,
          body: readJson(text),
          ownAddress,
        });
      });
    });
    asked.end();
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
