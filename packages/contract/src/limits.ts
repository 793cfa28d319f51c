/** The most characters (UTF-16 code units) of what people write. */
export const maximumLength = {
  /** Of people, domains and all that is kept in them. */
  name: 1024,
  tokenName: 254,
  tokenDescription: 1024,
  /** Of a token's text, with what may have been copied around it. */
  wholeToken: 254,
  roleName: 200,
  tag: 254,
  username: 32,
  email: 254,
  password: 1024,
  /** Of domains and channels. */
  route: 36,
  pictureAddress: 2048,
  sessionDescription: 254,
  clientIdentity: 254,
  clientSecret: 254,
  groupDescription: 1024,
  duration: 64,
  etag: 128,
  configuredWord: 50,
  /** Of an IPv6 address with the length of its network. */
  address: 49,
  timezone: 64,
} as const;

/** The most elements of lists in requests. */
export const maximumCount = {
  tags: 100,
  /** Of all objects of a creation in bulk together. */
  tagsOfBulk: 5000,
  /** Objects of a creation in bulk, and ids in one request. */
  objects: 1000,
  /** Of clients with channels in one request, so that it does not occupy the database for seconds. */
  connections: 20_000,
  /** Of each group that a move takes along with each that it comes to stand below, or no longer does. */
  movedPairs: 20_000,
  /** Rows that change or go along when one object is deleted: what is in a group, connections, members and actions of roles. */
  dependents: 20_000,
  /** Members, and actions, of the roles above what a token moves, each as often as it is asked about. */
  rightsOfMove: 100_000,
  scopes: 1000,
  /** Questions of one `/authorize`. */
  questions: 1000,
  /** Addresses and networks that one token is allowed or denied. */
  conditionAddresses: 64,
  /** Times of the week in which one token works. */
  conditionWindows: 28,
  limitedUses: 1_000_000_000,
  ratedUses: 1_000_000,
  roleActions: 200,
  roleMembers: 1000,
  /** Items of one page of a list. */
  pageItems: 100,
} as const;

/** A UUID in canonical lower case (RFC 9562, section 4). */
export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Letters, digits, `_` or `-`; besides, no `__` or `--`: see {@link hasNoDoubledJoint}. */
export const usernamePattern = new RegExp(
  `^[A-Za-z0-9][A-Za-z0-9_-]{0,${maximumLength.username - 1}}$`,
);

/** A short name for addresses: a letter, then letters, digits, single `_` or `-`. */
export const routePattern = new RegExp(
  `^[A-Za-z](?:[A-Za-z0-9]|[_-](?![_-])){0,${maximumLength.route - 1}}$`,
);

/** A word of an operator's configuration. */
export const configuredWordPattern = new RegExp(
  `^[a-z][a-z0-9_]{0,${maximumLength.configuredWord - 1}}$`,
);
