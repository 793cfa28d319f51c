import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const hundredDaysMs = 100 * 86_400_000;

/**
 * Lets a token and its scopes be a hundred days older: what is younger than the window is not judged. And some tokens of
 * the demo data that end soon.
 */
export function ageScopes(dataDir: string, tokenId: string): void {
  const database = new DatabaseSync(join(dataDir, "tessera.sqlite"), { timeout: 5000 });
  database
    .prepare("update token_scopes set created_at = created_at - ? where token_id = ?")
    .run(hundredDaysMs, tokenId);
  database
    .prepare("update tokens set issued_at = issued_at - ? where id = ?")
    .run(hundredDaysMs, tokenId);
  // As if they were near the end of a longer life, which is marked.
  const ending = "select id from tokens where name in ('dashboard', 'load test')";
  database.exec(`
    update tokens set issued_at = issued_at - ${hundredDaysMs} where id in (${ending});
    update token_secrets set created_at = created_at - ${hundredDaysMs} where token_id in (${ending});
  `);
  database.close();
}
