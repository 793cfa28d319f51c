import { parse } from "node:querystring";

/** No endpoint has as many. */
export const maximumParameters = 100;

/** Stands for a query of more parameters than any endpoint has, of which nothing was read. */
export const longQuery: Readonly<Record<string, unknown>> = Object.freeze({});

/** Of Fastify's router. */
export const routerOptions = {
  ignoreTrailingSlash: true,
  maxParamLength: 200,
  querystringParser: (text: string): Record<string, unknown> =>
    text.split("&", maximumParameters + 1).length > maximumParameters
      ? longQuery
      : parse(text, undefined, undefined, { maxKeys: 0 }),
};
