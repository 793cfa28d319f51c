import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** So many requests may wait on one connection for the reply to one that came before (RFC 9112, section 9.3.2). */
const maximumWaiting = 16;
/** Of what stands in the heads of all that wait, on all connections. */
const usualMaximumLetters = 32 * 1024 * 1024;

/** On the socket itself: a map by sockets would cost more for each request. */
const latest = Symbol("latest reply");
const waiting = Symbol("waiting requests");
const before = Symbol("the reply that comes before");

interface Waiting {
  count: number;
  letters: number;
}

type WatchedSocket = Socket & { [latest]?: ServerResponse; [waiting]?: Waiting };
type WaitingReply = ServerResponse & { [before]?: ServerResponse };

/** The reply to the last request that came on the connection. */
export function latestReply(socket: Socket): ServerResponse | undefined {
  return (socket as WatchedSocket)[latest];
}

/** The reply for which that one waits; `undefined`: its request is answered already, or its turn has come. */
export function replyBefore(reply: ServerResponse): ServerResponse | undefined {
  return (reply as WaitingReply)[before];
}

/**
 * Answers the requests of each connection one after the other, and ends a connection on which too many wait, or on which
 * one more waits than there is room for in all. Node hands over at once what arrived together, up to two thousand
 * requests, and would keep all their replies until they are read. While one waits nothing more is read.
 */
export function oneByOne(
  answer: RequestListener,
  maximumLetters = usualMaximumLetters,
): RequestListener {
  let lettersInAll = 0;

  const count = (waits: Waiting, requests: number, letters: number): void => {
    waits.count += requests;
    waits.letters += letters;
    lettersInAll += letters;
  };

  const watch = (socket: WatchedSocket): Waiting => {
    const waits: Waiting = { count: 0, letters: 0 };
    socket[waiting] = waits;
    // Node reads on whenever a request has arrived and whenever some of a reply was read.
    socket.on("resume", () => {
      if (waits.count > 0) socket.pause();
    });
    socket.once("close", () => count(waits, -waits.count, -waits.letters));
    return waits;
  };

  return (request, reply) => {
    const socket = request.socket as WatchedSocket;
    if (!socket.writable) return;
    const last = socket[latest];
    socket[latest] = reply;
    if (last === undefined || last.writableFinished) return answer(request, reply);
    const waits = socket[waiting] ?? watch(socket);
    const letters = lettersOf(request);
    if (waits.count >= maximumWaiting || lettersInAll + letters > maximumLetters) {
      return void socket.destroy();
    }
    count(waits, 1, letters);
    socket.pause();
    (reply as WaitingReply)[before] = last;
    last.once("finish", () => {
      delete (reply as WaitingReply)[before];
      if (!socket.writable) return;
      count(waits, -1, -letters);
      if (waits.count === 0) socket.resume();
      answer(request, reply);
    });
  };
}

function lettersOf({ url = "", rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + text.length, url.length);
}
