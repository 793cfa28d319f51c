export * from "@tessera/contract";
export { type Client, createClient, type ReplyTo, type RequestOf } from "./client.ts";
export { type FailureCode, TesseraError } from "./tessera-error.ts";
export type { CallOptions, Credentials, TransportOptions } from "./transport.ts";
