import pg from "pg";

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/**
 * A connection whose failures do not tell its password: who asks for it in clear, a pooler or whatever else stands where
 * the address leads, may say it in refusing it.
 */
export class PostgresClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.Client> | undefined {
    if (callback === undefined) {
      return super.connect().catch((error: unknown) => {
        throw this.#withoutPassword(error);
      });
    }
    super.connect((error: unknown, client?: pg.Client) => {
      (callback as (error: unknown, client?: pg.Client) => void)(
        this.#withoutPassword(error),
        client,
      );
    });
    return undefined;
  }

  #withoutPassword(error: unknown): unknown {
    if (!(error instanceof Error) || typeof this.password !== "string") return error;
    const forms = formsOf(this.password);
    // Also its details, where whoever logs the error would find it.
    for (const name of Object.getOwnPropertyNames(error)) {
      const value: unknown = Reflect.get(error, name);
      if (typeof value === "string") Reflect.set(error, name, hide(value, forms));
    }
    return error;
  }
}

/** Guessed sooner than read; to hide them would hide half of what is said. */
const shortestPassword = 4;

function formsOf(password: string): readonly string[] {
  if (password.length < shortestPassword) return [];
  const base64 = Buffer.from(password).toString("base64");
  return [password, encodeURIComponent(password), base64, base64.replace(/=+$/, "")];
}

function hide(text: string, forms: readonly string[]): string {
  return forms.reduce((rest, form) => rest.replaceAll(form, "…"), text);
}
