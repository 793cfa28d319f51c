/** The database, or the way to it, cannot be used as it is; the message says what would be right, and is for the operator. */
export class DatabaseSetupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseSetupError";
  }
}
