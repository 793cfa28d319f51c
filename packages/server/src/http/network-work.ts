import { networkOf, widerNetworkOf } from "./network-address.ts";

/**
 * Whom the database works for where nobody is named: the wider network where there is one, since each of its many networks
 * would be another caller. It keeps the address and not the request: what the context of asynchronous work keeps outlives
 * the request until memory is cleaned thoroughly, and so would all of it.
 */
export class NetworkWork {
  readonly #address: string;

  constructor(address: string) {
    this.#address = address;
  }

  /** Most requests never ask. */
  get caller(): string {
    const network = networkOf(this.#address);
    return `network:${widerNetworkOf(network) ?? network}`;
  }
}
