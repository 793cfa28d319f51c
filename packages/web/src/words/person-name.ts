interface Person {
  readonly id: string;
  readonly first_name?: string | undefined;
  readonly last_name?: string | undefined;
  readonly email?: string | undefined;
  readonly credentials?: { readonly username?: string | undefined } | undefined;
}

/** The name to call a person by: the fullest that is known. */
export function personName(person: Person): string {
  const fullName = [person.first_name, person.last_name].filter(Boolean).join(" ");
  return fullName || person.credentials?.username || person.email || person.id;
}

/** The first letters of the first and the last word; emoji and signs have none. */
export function initials(name: string): string {
  const letters = name.match(/(?<!\S)[\p{L}\p{N}]/gu) ?? [];
  return [letters.at(0), letters.slice(1).at(-1)].join("").toUpperCase();
}
