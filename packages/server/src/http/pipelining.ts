import type { RequestListener, ServerResponse } from "node:http";
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

/**
 * Answers the requests of each connection one after the other, and ends a connection on which too many wait. Node hands
 * over at once what arrived together, up to two thousand requests, and would keep all their replies until they are read.
 */
export function oneByOne(answer: RequestListener): RequestListener {
  return (request, reply) => {
    const socket = request.socket as WatchedSocket;
    if (socket.destroyed) return;
    const { [latest]: before, [waiting]: count = 0 } = socket;
    socket[latest] = reply;
    if (before === undefined || before.writableFinished) return answer(request, reply);
    if (count >= maximumWaiting) return void socket.destroy();
    socket[waiting] = count + 1;
    before.once("finish", () => {
      socket[waiting] = (socket[waiting] ?? 0) - 1;
      if (!socket.destroyed) answer(request, reply);
    });
  };
}
