/** The server's rule for passwords, a regular expression, as a sentence. */
export function passwordRuleText(rule: string | undefined): string {
  if (rule === undefined || rule === "") return "";
  const minimum = /^\^\.\{(\d+),\}\$$/.exec(rule)?.[1];
  const shape =
    minimum === undefined ? `It must match ${rule}.` : `At least ${minimum} characters.`;
  return `${shape} Not your user name or e-mail address, and none that many people use.`;
}
