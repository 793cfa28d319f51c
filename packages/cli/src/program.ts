import { type Endpoint, nearest } from "@tessera/sdk";
import { Command, type CommandOptions, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { defaultAddress } from "./address.ts";
import { shells } from "./completion.ts";
import { conditionFlags, removeFlag } from "./condition-options.ts";
import { type GivenOptions, takesScopes } from "./endpoint-input.ts";
import { bodySchema, type EndpointOption, isPaged, optionsOf } from "./endpoint-options.ts";
import { exampleOf } from "./example.ts";
import { exitCodeWords } from "./exit-codes.ts";
import { outputForms } from "./output.ts";
import { usageChoices } from "./token-usage.ts";
import { UsageError } from "./usage-error.ts";

/** What each command does; resolves to what to print. */
export interface Actions {
  readonly logIn: (given: GivenOptions) => Promise<string>;
  readonly logOut: (given: GivenOptions) => Promise<string>;
  readonly complete: (shell: string, program: Command) => string;
  readonly call: (endpoint: Endpoint, given: GivenOptions) => Promise<string>;
  readonly rotate: (endpoints: RotationEndpoints, given: GivenOptions) => Promise<string>;
  /** Like `call`, with conditions by their own options in the body's member, or as the whole body. */
  readonly callWithConditions: (
    endpoint: Endpoint,
    member: "conditions" | undefined,
    given: GivenOptions,
  ) => Promise<string>;
  readonly explain: (endpoint: Endpoint, given: GivenOptions) => Promise<string>;
  /** What a token did. */
  readonly usage: (endpoint: Endpoint, given: GivenOptions) => Promise<string>;
  /** Shows, applies or undoes what is proposed for a token. */
  readonly narrow: (endpoint: Endpoint, given: GivenOptions) => Promise<string>;
}

/** How a token is rotated: by its owner, or by itself. */
export interface RotationEndpoints {
  readonly owned: Endpoint;
  readonly self: Endpoint;
}

const intro = `The command line of a Tessera server.

Every request there is has a command of its name: "tessera endpoints" lists them, "tessera <command> --help" tells of one.

Values: @FILE is what is in the file, - is standard input, @@text is "@text" itself.

Scripts set TESSERA_URL and TESSERA_TOKEN (a personal access token) instead of signing in.`;

const examples = `
Examples:
  tessera login --url ${defaultAddress} --username admin
  tessera domains.create --name "Plant 7" --route plant-7
  tessera tokens.create --name ci --duration 24h --domainId $DOMAIN_ID --scope clients:view:*
  tessera clients.list --domainId $DOMAIN_ID --tags pumps,north --all --output table
  source <(tessera completion bash)

Exit codes: ${exitCodeWords()}
`;

/**
 * The program with its commands. Only those endpoints that are `described` get their options: all of them take a
 * while.
 */
export function createProgram(
  endpoints: readonly Endpoint[],
  isDescribed: (endpoint: Endpoint) => boolean,
  actions: Actions,
  print: (text: string) => void,
): Command {
  const program = new Command("tessera")
    .description(intro)
    .version(`tessera ${packageJson.version}`, "--version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
    .exitOverride()
    .addOption(collected("--url <address>", "the server (default: TESSERA_URL, else as signed in)"))
    .addOption(
      withChoices(collected("--output <form>", "how replies are printed, json if not said"), [
        ...outputForms,
      ]),
    )
    .addOption(collected("--timeout <seconds>", "how long to wait for an answer, 60 if not said"))
    .addHelpText("after", examples)
    .argument("[words...]")
    .usage("<command> [--option value …]")
    .action(([name]: readonly string[]) => {
      if (name !== undefined) throw unknownCommand(name, endpoints);
      program.outputHelp();
    });

  const addTo = (
    parent: Command,
    name: string,
    summary: string,
    act: (given: GivenOptions) => Promise<string>,
    settings: CommandOptions = {},
  ) =>
    parent
      .command(name, settings)
      .description(summary)
      .action(async (...parameters: unknown[]) => {
        const command = parameters.at(-1) as Command;
        print(lineOf(await act(givenOptions(command))));
      });
  const add = (
    name: string,
    summary: string,
    act: (given: GivenOptions) => Promise<string>,
    settings: CommandOptions = {},
  ) => addTo(program, name, summary, act, settings);

  add("login", "sign in, and stay signed in", actions.logIn)
    .addOption(collected("--username <text>", "username or email"))
    .addOption(
      collected(
        "--password <@FILE|->",
        "the password; else TESSERA_PASSWORD, else it is asked for",
      ),
    )
    .addOption(collected("--password-file <file>", "a file with the password; - is standard input"))
    .addHelpText("after", "\nExample:\n  tessera login --username admin --password-file pw.txt");
  add("logout", "end the session", actions.logOut).addHelpText(
    "after",
    "\nExample:\n  tessera logout",
  );
  add("endpoints", "list every request there is, by its name", () =>
    Promise.resolve(endpoints.map(describe).join("\n")),
  ).addHelpText("after", "\nExample:\n  tessera endpoints");
  program
    .command("help")
    .description("show help, of a command if one is named")
    .argument("[command]")
    .action((name: string | undefined) => {
      const command = name === undefined ? program : findCommand(program, name);
      if (command === undefined) throw unknownCommand(name ?? "", endpoints);
      command.outputHelp();
    })
    .addHelpText("after", "\nExample:\n  tessera help login");
  program
    .command("completion")
    .description("print what makes a shell complete these commands")
    .argument("<shell>", Object.keys(shells).join(", "))
    .action((shell: string) => print(actions.complete(shell, program)))
    .addHelpText("after", "\nExample:\n  source <(tessera completion bash)");

  addTokenCommands(program, endpoints, actions, addTo);
  const authorize = endpoints.find(({ id }) => id === "service.authorize");
  if (authorize !== undefined) {
    addTo(
      program,
      "explain <operation> <object>",
      "whether a token, or you, may do this, and step by step why",
      (given) => actions.explain(authorize, given),
    )
      .addOption(collected("--as <@FILE|->", "the token, else TESSERA_TOKEN, else your session"))
      .addOption(collected("--from <address>", "from where"))
      .addOption(collected("--at <time>", "also what the answer would be then"))
      .addHelpText(
        "after",
        "\nExample:\n  tessera explain clients.view $DOMAIN_ID/$CLIENT_ID --as @token.txt --from 203.0.113.7",
      );
  }

  for (const endpoint of endpoints) {
    // A list of some 170 would drown the rest of the program's help.
    const settings = { hidden: true };
    const act = (given: GivenOptions) => actions.call(endpoint, given);
    const command = add(endpoint.id, endpoint.summary, act, settings);
    if (isDescribed(endpoint)) addOptions(command, endpoint);
  }
  return program;
}

/** `tokens self` and `tokens rotate`, for programs that look after their own token. */
function addTokenCommands(
  program: Command,
  endpoints: readonly Endpoint[],
  actions: Actions,
  addTo: (
    parent: Command,
    name: string,
    summary: string,
    act: (given: GivenOptions) => Promise<string>,
  ) => Command,
): void {
  const find = (id: string) => endpoints.find((endpoint) => endpoint.id === id);
  const [view, owned, self, create, show, change, usage, proposal] = [
    "view_self",
    "rotate",
    "rotate_self",
    "create",
    "view",
    "update_conditions",
    "usage",
    "proposal",
  ].map((name) => find(`tokens.${name}`));
  if (view === undefined || owned === undefined || self === undefined) return;
  if (create === undefined || show === undefined || change === undefined) return;
  if (usage === undefined || proposal === undefined) return;
  const tokens = program
    .command("tokens")
    .description(
      "make a token (create), say where and when it works (conditions), see what it did (usage), take what it does not need (narrow), look at it (self), renew it (rotate)",
    )
    .action(() => {
      tokens.outputHelp();
    });
  addTo(tokens, "self", view.summary, (given) => actions.call(view, given)).addHelpText(
    "after",
    "\nExample:\n  TESSERA_TOKEN=$(cat /etc/app/token) tessera tokens self",
  );
  const making = addTo(tokens, "create", create.summary, (given) =>
    actions.callWithConditions(create, "conditions", given),
  );
  for (const [flags, said] of conditionFlags) making.addOption(collected(flags, said));
  addOptions(making, create, (name) => !name.startsWith("conditions"));
  const changing = addTo(
    tokens,
    "conditions <tokenId>",
    "where, when and how often it works: shown, or changed by what is given",
    (given) =>
      [...conditionNames].some((name) => given.has(name))
        ? actions.callWithConditions(change, undefined, given)
        : actions.call(show, given),
  );
  for (const [flags, said] of [...conditionFlags, removeFlag]) {
    changing.addOption(collected(flags, said));
  }
  changing.addHelpText(
    "after",
    '\nExamples:\n  tessera tokens conditions $TOKEN_ID --allow-from 10.0.0.0/8 --only-at "mon-fri 07:00-19:00" --timezone Europe/Berlin\n  tessera tokens conditions $TOKEN_ID --remove addresses,weekly',
  );
  addTo(
    tokens,
    "usage <tokenId>",
    "what the token did, from where, and what it never did",
    (given) => actions.usage(usage, given),
  )
    .addOption(withChoices(collected("--by <what>", "operation if not said"), usageChoices))
    .addOption(collected("--days <number>", "how far back; 30 if not said"))
    .addOption(
      collected("--timezone <name>", "whose days, like Europe/Berlin; this machine's if not said"),
    )
    .addHelpText("after", "\nExample:\n  tessera tokens usage $TOKEN_ID --by scope --output table");
  addTo(
    tokens,
    "narrow <tokenId>",
    "the fewer scopes that what it did needs, with the proof; changes nothing without --apply",
    (given) => actions.narrow(proposal, given),
  )
    .addOption(collected("--window <duration>", "how far back, from 1d to 365d; 90d if not said"))
    .addOption(new Option("--apply", "give the token these scopes; asked first on a terminal"))
    .addOption(new Option("--undo", "give back what the last --apply took, within 30 days"))
    .addOption(new Option("--json", "what the server answers, instead of words"))
    .addHelpText(
      "after",
      "\nExamples:\n  tessera tokens narrow $TOKEN_ID --window 180d\n  tessera tokens narrow $TOKEN_ID --apply\n  tessera tokens narrow $TOKEN_ID --undo",
    );
  const rotate = addTo(tokens, "rotate", owned.summary, (given) =>
    actions.rotate({ owned, self }, given),
  )
    .addOption(new Option("--self", "the token itself, not one of yours"))
    .addOption(
      collected(
        "--file <path>",
        "with --self: where the token is kept; gets the new one, which is then used for the first time",
      ),
    );
  for (const option of optionsOf(owned)) {
    rotate.addOption(withChoices(toOption({ ...option, isRequired: false }), option.schema.enum));
  }
  rotate.addHelpText(
    "after",
    "\nExamples:\n  tessera tokens rotate --self --file /etc/app/token\n  tessera tokens rotate --tokenId $TOKEN_ID --cutover deadline --overlap 7d",
  );
}

const findCommand = (program: Command, name: string) =>
  program.commands.find((command) => command.name() === name);

const conditionNames = [...conditionFlags, removeFlag].map(
  ([flags]) => flags.split(" ", 1)[0]?.slice(2) ?? "",
);

function addOptions(
  command: Command,
  endpoint: Endpoint,
  isShown: (name: string) => boolean = () => true,
): void {
  for (const option of optionsOf(endpoint).filter(({ name }) => isShown(name))) {
    command.addOption(withChoices(toOption(option), option.schema.enum));
  }
  if (takesScopes(endpoint)) {
    command
      .addOption(
        collected("--scope <scope>", "like clients:view:* or clients:view:<id>; may be repeated"),
      )
      .addOption(collected("--domainId <id>", "the domain that --scope is about"));
  }
  if (bodySchema(endpoint) !== undefined) {
    command.addOption(collected("--body <JSON|@FILE|->", "the whole body at once"));
  }
  if (isPaged(endpoint)) {
    command.addOption(new Option("--all", "all that there are, instead of one page"));
  }
  command.addHelpText("after", `\nExample:\n  ${exampleOf(endpoint)}`);
}

function toOption(option: EndpointOption): Option {
  const { name, type, schema, isSecret, isRequired, place } = option;
  const said = [
    schema.description,
    isRequired ? "needed" : undefined,
    schema.default === undefined || place === "body" ? undefined : `${schema.default} if not said`,
    type === "list" ? "may be repeated" : undefined,
  ].filter((part) => part !== undefined);
  const value = isSecret ? "@FILE|-" : valueWord(option);
  const flags = type === "boolean" ? `--${name} [${value}]` : `--${name} <${value}>`;
  return collected(flags, said.join("; "));
}

function valueWord({ type, schema, place }: EndpointOption): string {
  if (type === "list") return "a,b";
  if (type === "json") return "JSON";
  if (type === "boolean") return "true|false";
  if (type === "whole number") return "number";
  return schema.format === "uuid" || place === "path" ? "id" : "text";
}

/** An option that keeps all values that it is given, as they were typed. */
function collected(flags: string, description: string): Option {
  return new Option(flags, description).argParser<readonly string[] | true>((value, earlier) => [
    ...(Array.isArray(earlier) ? earlier : []),
    value,
  ]);
}

/** Shown and completed; what is right is the server's to say. */
function withChoices(option: Option, choices: readonly string[] | undefined): Option {
  if (choices !== undefined) option.argChoices = [...choices];
  return option;
}

function givenOptions(command: Command): GivenOptions {
  const values = command.optsWithGlobals<Record<string, readonly string[] | true>>();
  const options = [...ancestorsOf(command).flatMap((each) => each.options), ...command.options];
  const given = options.flatMap((option): [string, readonly string[]][] => {
    const value = values[option.attributeName()];
    if (value === undefined) return [];
    return [[option.name(), value === true ? ["true"] : value]];
  });
  const named = command.registeredArguments.map((argument, index): [string, readonly string[]] => [
    argument.name(),
    [String(command.processedArgs[index])],
  ]);
  return new Map([...given, ...named]);
}

function ancestorsOf({ parent }: Command): readonly Command[] {
  return parent === null ? [] : [...ancestorsOf(parent), parent];
}

function unknownCommand(name: string, endpoints: readonly Endpoint[]): UsageError {
  const own = ["login", "logout", "endpoints", "completion", "tokens", "explain", "help"];
  const near = nearest(name, [...own, ...endpoints.map(({ id }) => id)]);
  return new UsageError(`there is no command "${name}"; did you mean "${near}"?`);
}

function describe({ id, summary, path }: Endpoint): string {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => `--${name}`).join(" ");
  return `${id.padEnd(38)} ${summary}${parameters === "" ? "" : `  (${parameters})`}`;
}

const lineOf = (text: string) => (text === "" ? "" : `${text}\n`);
