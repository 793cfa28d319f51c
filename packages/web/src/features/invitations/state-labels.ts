/** The states of invitations, as filters name them. */
export const stateLabels = {
  pending: "Pending",
  accepted: "Accepted",
  rejected: "Rejected",
  all: "All",
} as const;
