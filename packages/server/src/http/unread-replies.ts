import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { AppError } from "@tessera/contract";
import type { FastifyInstance } from "fastify";
import { addressOf } from "./address-of.ts";
import { NetworkWork } from "./network-work.ts";
import { createTally } from "./tally.ts";

/** Of letters, in all connections together: what is written and not read yet lies in memory until `reply_timeout`. */
const usualMaximum = 128 * 1024 * 1024;
/** Shorter replies, of which each connection has one at a time, are taken by the system at once. */
const freeLetters = 64 * 1024;
/** Of a reply that is made while it is read, such as an export: what is read of the database for it, and its text. */
const lettersOfStream = 1024 * 1024;

/**
 * Keeps what is not read by those who asked for it within a bound. Where there is no room for a reply, the connection that
 * has most is cut, of the network that has most; whoever would have more than that is answered 503.
 */
export function limitUnreadReplies(app: FastifyInstance, maximum = usualMaximum): void {
  const room = createRoom(maximum);
  app.addHook("onSend", (request, { raw }, payload, done) => {
    const letters = lettersOf(payload);
    if (letters <= freeLetters || raw.destroyed) return done();
    const { socket } = request.raw;
    const leave = room.enter(socket, new NetworkWork(addressOf(request)).caller, letters);
    if (leave === undefined) {
      // Whoever made it waits for its end.
      if (payload instanceof Readable) payload.destroy();
      return done(new AppError("busy", undefined, { retryAfterSeconds: 1 }));
    }
    raw.once("close", leave);
    done();
  });
}

function lettersOf(payload: unknown): number {
  if (payload instanceof Readable) return lettersOfStream;
  return typeof payload === "string" || Buffer.isBuffer(payload) ? payload.length : 0;
}

interface Holding {
  readonly network: string;
  letters: number;
}

function createRoom(maximum: number) {
  /** Of connections that are open. */
  const holdings = new Map<Socket, Holding>();
  const ofNetworks = createTally();
  let inAll = 0;

  const count = ({ network }: Holding, letters: number) => {
    inAll += letters;
    ofNetworks.add(network, letters);
  };
  const drop = (socket: Socket) => {
    const holding = holdings.get(socket);
    if (holding === undefined) return;
    holdings.delete(socket);
    count(holding, -holding.letters);
  };
  const holdingOf = (socket: Socket, network: string): Holding => {
    const known = holdings.get(socket);
    if (known !== undefined) return known;
    const holding = { network, letters: 0 };
    holdings.set(socket, holding);
    socket.once("close", () => drop(socket));
    return holding;
  };

  /** The connection that has most, of the network that has most. */
  const findLargest = () => {
    let [network, most] = ["", 0];
    for (const [each, letters] of ofNetworks.entries()) {
      if (letters > most) [network, most] = [each, letters];
    }
    let largest: readonly [Socket, Holding] | undefined;
    for (const entry of holdings) {
      if (entry[1].network === network && entry[1].letters > (largest?.[1].letters ?? 0)) {
        largest = entry;
      }
    }
    return largest;
  };
  const makeRoom = (own: Holding, letters: number): boolean => {
    while (inAll + letters > maximum) {
      const [socket, largest] = findLargest() ?? [];
      if (socket === undefined || largest === undefined || largest === own) return false;
      const hasLess =
        own.network === largest.network
          ? own.letters + letters < largest.letters
          : ofNetworks.of(own.network) + letters < ofNetworks.of(largest.network);
      if (!hasLess) return false;
      drop(socket);
      socket.destroy();
    }
    return true;
  };

  return {
    /** Counts a reply until the returned function is called or its connection closes; `undefined`: there is no room. */
    enter: (socket: Socket, network: string, letters: number): (() => void) | undefined => {
      const own = holdingOf(socket, network);
      if (!makeRoom(own, letters)) return undefined;
      own.letters += letters;
      count(own, letters);
      return () => {
        if (holdings.get(socket) !== own) return;
        own.letters -= letters;
        count(own, -letters);
      };
    },
  };
}
