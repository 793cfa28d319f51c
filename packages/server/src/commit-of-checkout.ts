import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";

/** The commit of the source in `root`, where that is a checkout of its own; else empty. */
export function commitOfCheckout(root: string): string {
  try {
    const [folder = "", commit = ""] = execFileSync(
      "git",
      ["-C", root, "rev-parse", "--show-toplevel", "HEAD"],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 2000 },
    ).split("\n");
    // Installed inside another project's checkout, it would tell that project's commit.
    return realpathSync(folder) === realpathSync(root) ? commit : "";
  } catch {
    return "";
  }
}
