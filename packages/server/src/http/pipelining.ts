import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** So many requests may wait on one connection for the reply to one that came before (RFC 9112, section 9.3.2). */
const maximumWaiting = 16;

/** On the socket itself: a map by sockets would cost more for each request. */
const latest = Symbol("latest reply");
const waiting = Symbol("waiting requests");

type WatchedSocket = Socket & { [latest]?: ServerResponse; [waiting]?: number };

/** The reply to the last request that came on the connection. */
export function latestReply(socket: Socket): ServerResponse | undefined {
  return (socket as WatchedSocket)[latest];
}

/** Whether requests came on the connection while one before them was not answered yet. */
export function isPipelined(socket: Socket): boolean {
  return ((socket as WatchedSocket)[waiting] ?? 0) > 0;
}

/**
 * Notes that a request has come. Returns false, and ends the connection, where too many wait on it: Node hands over at once
 * what arrived together, up to two thousand requests, and keeps their replies until they are read.
 */
export function hearsRequest(reply: ServerResponse): boolean {
  const socket = reply.req.socket as WatchedSocket;
  if (socket.destroyed) return false;
  const { [latest]: before, [waiting]: count = 0 } = socket;
  socket[latest] = reply;
  if (before === undefined || before.writableFinished) return true;
  if (count >= maximumWaiting) {
    socket.destroy();
    return false;
  }
  socket[waiting] = count + 1;
  reply.once("finish", () => {
    socket[waiting] = (socket[waiting] ?? 0) - 1;
  });
  return true;
}
