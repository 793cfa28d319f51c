/** A generator of clients, as its users call it, and a program on what it generates. */
export interface Generator {
  /** Also the folder beside this file that locks it. */
  readonly name: string;
  /** What it reads besides `openapi.json`, by the file's name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Its program below `node_modules`, and what it is given. */
  readonly command: readonly [string, ...string[]];
  /**
   * Written as a user would, with required members only. Its environment has TESSERA_URL and TESSERA_PASSWORD; it
   * prints the name that its token was shown, and the code with which the token was refused.
   */
  readonly program: string;
}

const scopeOf = (domainId: string) =>
  `{ domain_id: ${domainId}, entity_type: "clients", entity_id: "*", operation: "view" }`;
const settings =
  'const { TESSERA_URL: baseUrl = "", TESSERA_PASSWORD: password = "" } = process.env;';
const signIn = '{ username: "ada@example.org", password }';
const domain = (name: string) => `{ name: "${name}", route: "${name}" }`;
const pump = '{ name: "pump", metadata: { floor: 2, tags: ["a"] } }';

export const generators: readonly Generator[] = [
  {
    name: "openapi-typescript",
    command: ["openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.d.ts"],
    program: `
      import createClient from "openapi-fetch";
      import type { paths } from "./api.d.ts";

      ${settings}
      const nobody = createClient<paths>({ baseUrl });
      const pair = (await nobody.POST("/users/tokens/issue", { body: ${signIn} })).data;
      const as = (token = "") =>
        createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
      const ada = as(pair?.access_token);
      const domainId = (await ada.POST("/domains", { body: ${domain("typed")} })).data?.id ?? "";
      const inDomain = { path: { domainId } };
      const made = await ada.POST("/{domainId}/clients", { params: inDomain, body: ${pump} });
      await ada.POST("/{domainId}/clients/bulk", { params: inDomain, body: [${pump}] });
      const scopes = [${scopeOf("domainId")}];
      const token = (await ada.POST("/pats", { body: { name: "CI", duration: "1h", scopes } })).data;
      await ada.POST("/pats", { body: { name: "empty", duration: "1h" } });
      const ci = as(token?.secret);
      const path = { domainId, id: made.data?.id ?? "" };
      const viewed = await ci.GET("/{domainId}/clients/{id}", { params: { path } });
      const refused = await ci.GET("/{domainId}/clients", {
        params: { ...inDomain, query: { limit: 1, status: "all" } },
      });
      console.log(viewed.data?.name, refused.error?.code);
    `,
  },
  {
    name: "orval",
    files: {
      "orval.config.mjs":
        'export default { tessera: { input: "./openapi.json", output: { target: "./client.ts", client: "fetch", baseUrl: process.env.TESSERA_URL } } };',
    },
    command: ["orval/dist/bin/orval.mjs", "--config", "orval.config.mjs"],
    program: `
      import * as api from "./client.ts";

      ${settings}
      const required = <Status extends number, Reply extends { readonly status: number }>(
        reply: Reply,
        status: Status,
      ): Extract<Reply, { readonly status: Status }> => {
        if (reply.status !== status) throw new Error(\`\${baseUrl} answered \${reply.status}\`);
        return reply as Extract<Reply, { readonly status: Status }>;
      };
      const as = (token: string) => ({ headers: { authorization: \`Bearer \${token}\` } });
      const pair = required(await api.sessionsIssue(${signIn}), 201).data;
      const ada = as(pair.access_token);
      const domainId = required(await api.domainsCreate(${domain("orval")}, ada), 201).data.id;
      const made = required(await api.clientsCreate(domainId, ${pump}, ada), 201).data;
      const scopes = [${scopeOf("domainId")}];
      const body = { name: "CI", duration: "1h", scopes };
      const ci = as(required(await api.tokensCreate(body, ada), 201).data.secret);
      const viewed = required(await api.clientsView(domainId, made.id, {}, ci), 200).data;
      const refused = required(await api.clientsList(domainId, { limit: 1 }, ci), 403).data;
      console.log(viewed.name, refused.code);
    `,
  },
  {
    name: "hey-api",
    command: ["@hey-api/openapi-ts/bin/run.js", "-i", "openapi.json", "-o", "client"],
    program: `
      import * as api from "./client";
      import { client } from "./client/client.gen";

      ${settings}
      let bearer = "";
      client.setConfig({ baseUrl, auth: () => bearer });
      const pair = await api.sessionsIssue({ body: ${signIn}, throwOnError: true });
      bearer = pair.data.access_token;
      const throwOnError = true;
      const { data: domain } = await api.domainsCreate({ body: ${domain("hey-api")}, throwOnError });
      const path = { domainId: domain.id };
      const { data: made } = await api.clientsCreate({ path, body: ${pump}, throwOnError });
      const scopes = [${scopeOf("domain.id")}];
      const body = { name: "CI", duration: "1h", scopes };
      const { data: token } = await api.tokensCreate({ body, throwOnError });
      bearer = token.secret;
      const viewed = await api.clientsView({ path: { ...path, id: made.id }, throwOnError });
      const refused = await api.clientsList({ path, query: { limit: 1 } });
      console.log(viewed.data.name, refused.error?.code);
    `,
  },
];
