/** How a role reaches an object, in words; by the wire's `access_type`. */
export function wayText(accessType: string): string {
  return wayTexts[accessType] ?? accessType;
}

const wayTexts: Readonly<Record<string, string>> = {
  direct: "a role here",
  direct_group: "a role in its group",
  indirect_group: "a role in a group above",
  indirect: "a role in a group above",
  domain: "a role in the domain",
};
