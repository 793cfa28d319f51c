/** The server's rule for passwords, a regular expression, as a sentence. */
export function passwordRuleText(rule: string | undefined): string {
  if (rule === undefined || rule === "") return "";
  const minimum = /^\^\.\{(\d+),\}\$$/.exec(rule)?.[1];
  return minimum === undefined ? `It must match ${rule}.` : `At least ${minimum} characters.`;
}
