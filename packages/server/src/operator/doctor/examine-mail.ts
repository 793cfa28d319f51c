import type { Config } from "../../config.ts";
import { greetMailServer } from "../../features/mail/smtp-sender.ts";
import { type Finding, findingsOf } from "./finding.ts";

const { fine, note, wrong } = findingsOf("mail");
const timeoutMilliseconds = 10_000;

/** Whether the mail server takes this one; nothing is sent. */
export async function examineMail({ smtp_url: server }: Config): Promise<readonly Finding[]> {
  if (server === undefined) {
    return [
      note(
        "TESSERA_SMTP_URL is not set: nobody is sent mail, and who forgets a password asks an administrator.",
      ),
    ];
  }
  const where = `The mail server ${server.host}:${server.port}`;
  try {
    await greetMailServer(server, AbortSignal.timeout(timeoutMilliseconds));
  } catch (error) {
    // In this program's own words, see there.
    const { message } = error as Error;
    return [
      wrong(
        `${where} does not let Tessera in (${message}): look at TESSERA_SMTP_URL, its port and its password`,
      ),
    ];
  }
  return [fine(`${where} lets Tessera in; no mail was sent.`)];
}
