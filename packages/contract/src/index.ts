export { accountLinkEndpoints } from "./account-endpoints/account-links.ts";
export {
  auditEndpoints,
  auditKeepingEndpoints,
  auditKeyEndpoint,
} from "./account-endpoints/audit.ts";
export {
  decisionAnswer,
  decisionQuestion,
  draftQuestion,
} from "./account-endpoints/decision-schemas.ts";
export { domainTokensEndpoint } from "./account-endpoints/domain-tokens.ts";
export { freezeEndpoint } from "./account-endpoints/domains.ts";
export { invitationEndpoints } from "./account-endpoints/invitations.ts";
export { noticeEndpoints } from "./account-endpoints/notices.ts";
export { serviceEndpoints } from "./account-endpoints/service.ts";
export { tokenEndpoints } from "./account-endpoints/tokens.ts";
export { sessionEndpoints, userEndpoints, userReply } from "./account-endpoints/users.ts";
export { auditPage } from "./audit-records.ts";
export {
  type Catalogue,
  type CatalogueReply,
  catalogueOfReply,
  catalogueReply,
  createCatalogue,
  isScopeProblem,
  operationAliases,
  replyOfCatalogue,
} from "./catalogue.ts";
export {
  type Conditions,
  conditions,
  conditionsChange,
  type Weekday,
  weekdays,
} from "./conditions.ts";
export {
  type DisplayForm,
  displayRules,
  lettersOf,
  revealHidden,
} from "./display-text.ts";
export { parseDuration } from "./duration.ts";
export {
  accountEndpoints,
  type BuiltInEndpoint,
  builtInEndpoints,
  endpointsOf,
} from "./endpoints.ts";
export { entityCreate, entityReply, entityUpdate, roleEntry } from "./entity.ts";
export { type EntityType, roleManagementActions } from "./entity-type.ts";
export {
  type EntityTypeConfig,
  entityTypeConfig,
  findEntityTypeProblem,
} from "./entity-type-config.ts";
export { channelOperations, channels, route } from "./entity-types/channels.ts";
export { clientOperations, clients } from "./entity-types/clients.ts";
export { domainAdminActions, domainOperations, domains } from "./entity-types/domains.ts";
export { groupOperations, groups } from "./entity-types/groups.ts";
export { builtInEntityTypes, builtInOperations } from "./entity-types/index.ts";
export { AppError, type ErrorCode, type ErrorReply, errorReply, errorTable } from "./errors.ts";
export { type EventName, type EventType, eventTypesOf } from "./events.ts";
export { findJsonLoss, type JsonLoss } from "./exact-json.ts";
export { maximumCount, maximumLength, uuidPattern } from "./limits.ts";
export { editDistance, nearest } from "./nearest.ts";
export {
  type ChosenNoticeKind,
  chosenNoticeKinds,
  isNoticeKind,
  type NoticeKind,
  noticeKindNames,
  noticeKinds,
} from "./notice-kinds.ts";
export {
  type Access,
  bodyLimitBytes,
  type Endpoint,
  type EndpointsOf,
  type InputOf,
  isOpen,
  type Method,
  type Need,
  type Operation,
  operation,
  type ParsedInput,
  type ReplyOf,
  type TargetSource,
} from "./operation.ts";
export { type ActionsThatAllow, platformSubjects } from "./role-actions.ts";
export {
  allEntities,
  covers,
  parseScopeText,
  type Scope,
  type ScopeWire,
  scopeText,
  scopeWire,
  type Target,
  toWireScope,
} from "./scope.ts";
export { shownAddress } from "./shown-address.ts";
export {
  childOperations,
  collectionOperations,
  entityListQuery,
  groupedListQuery,
  parentGroupOperations,
  standardOperations,
} from "./standard-operations.ts";
export { ownTimezone } from "./timezone.ts";
export {
  crc32,
  formatToken,
  isCredentialText,
  looksLikeToken,
  parseToken,
  secretBytes,
  type TokenText,
  tokenPrefixPattern,
} from "./token.ts";
export { parseWindowText } from "./window-text.ts";
export { id, listQuery, readWireTime, wireTime } from "./wire.ts";
export { readTagFilter, readWords, type TagFilter } from "./word-list.ts";
