import { errorTable } from "@tessera/contract";
import type { Config } from "../../config.ts";
import {
  proveOperator,
  type SeenRequest,
  seenRequest,
  seenRequestPath,
} from "../../http/seen-request.ts";
import type { Keys } from "../../keys.ts";
import { othersWords } from "../../others-words.ts";
import { type Answer, askServer } from "./ask-server.ts";
import { type Finding, findingsOf } from "./finding.ts";

const { fine, note, wrong } = findingsOf("proxy");

/** An address that nobody has (RFC 5737): whoever is taken for it has lied. */
const pretendedAddress = "192.0.2.1";

/** What the settings alone tell. */
export function examineProxySettings({
  host,
  public_url: url,
  trusted_proxies: proxies,
}: Config): readonly Finding[] {
  const isSecure = url?.startsWith("https:") === true;
  if (isSecure && proxies.length === 0) {
    return [
      wrong(
        "TESSERA_PUBLIC_URL is https, which only a proxy can speak, but TESSERA_TRUSTED_PROXIES names none: every client counts as the proxy; name its address there",
      ),
    ];
  }
  if (proxies.length > 0 && url === undefined) {
    return [
      wrong(
        "TESSERA_TRUSTED_PROXIES names a proxy, but TESSERA_PUBLIC_URL is not set: name the address that people use",
      ),
    ];
  }
  const isLocal = /^(?:localhost|127\..*|::1)$/.test(host);
  if (!isLocal && !isSecure) {
    return [
      note(
        `It listens at ${host} without TLS: whoever is on the way reads tokens and passwords, unless a proxy with TLS stands before it.`,
      ),
    ];
  }
  return [fine("TESSERA_PUBLIC_URL and TESSERA_TRUSTED_PROXIES go together.")];
}

/** Asks the running server, the way that people go, for whom it takes this machine. */
export async function examineProxy(config: Config, keys: Keys): Promise<readonly Finding[]> {
  const { public_url: url } = config;
  if (url === undefined) return [];
  let answer: Answer;
  try {
    answer = await askServer(`${url}${seenRequestPath}`, {
      authorization: `Bearer ${proveOperator(keys, Date.now())}`,
      "x-forwarded-for": pretendedAddress,
    });
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return [
      wrong(
        `${url} does not answer (${othersWords(code ?? message)}): look whether the proxy runs, where its name leads, and at its certificate; that of a private authority is named in NODE_EXTRA_CA_CERTS`,
      ),
    ];
  }
  if (answer.status === errorTable.unauthenticated.status) {
    return [
      wrong(
        `${url} leads to a Tessera that has another key, or whose clock is minutes off: look where its proxy sends requests to`,
      ),
    ];
  }
  const seen = seenRequest.safeParse(answer.body);
  if (answer.status !== 200 || !seen.success) {
    return [
      wrong(
        `${url} answers ${answer.status}, and not as Tessera does: the proxy must pass all paths of this host name on`,
      ),
    ];
  }
  return [judge(seen.data, { ownAddress: answer.ownAddress, isSecure: url.startsWith("https:") })];
}

/** What a request that pretended to come from {@link pretendedAddress} tells of the proxies on its way. */
function judge(
  seen: SeenRequest,
  { ownAddress, isSecure }: { readonly ownAddress: string; readonly isSecure: boolean },
): Finding {
  const { address, peer, scheme, forwarded_for: forwarded, forwarded_proto: proto } = seen;
  const isPassedOn = forwarded === pretendedAddress;
  const isDirect = isPassedOn && proto === "" && samePlace(peer, ownAddress) && !isSecure;
  if (isPassedOn && address === pretendedAddress) {
    return wrong(
      `The server takes this machine for ${pretendedAddress}, as it pretended: whoever wants to may choose an address. Let the proxy set X-Forwarded-For itself (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for), and name only proxies in TESSERA_TRUSTED_PROXIES`,
    );
  }
  if (isDirect) return fine("Requests come without a proxy.");
  if (forwarded === "" || isPassedOn) {
    return wrong(
      `The proxy ${peer} does not say whom it speaks for: let it set X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)`,
    );
  }
  if (!seen.is_trusted) {
    return wrong(
      `The proxy ${peer} is not believed, so that all who come through it count as one: name it in TESSERA_TRUSTED_PROXIES`,
    );
  }
  if (isSecure !== (scheme === "https")) {
    return isSecure
      ? note(
          `The proxy ${peer} does not say that people come by https: let it set X-Forwarded-Proto.`,
        )
      : wrong("People come by https, but TESSERA_PUBLIC_URL begins with http: make it https://");
  }
  // Where this machine is itself a trusted proxy, what it pretended is believed.
  const client = address === pretendedAddress ? forwarded.split(", ").at(-1) : address;
  return fine(
    `The server sees ${othersWords(client ?? "")} behind the proxy ${peer}, by ${scheme}.`,
  );
}

function samePlace(one: string, other: string): boolean {
  const plain = (address: string) => address.replace(/^::ffff:/i, "");
  return plain(one) === plain(other);
}
