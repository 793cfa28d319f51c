import type { Command } from "commander";
import { UsageError } from "./usage-error.ts";

/** What a shell can complete at a command: `values` where an option has few. */
interface CompletedOption {
  readonly name: string;
  readonly summary: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
}

interface Completed {
  readonly commands: readonly CompletedCommand[];
  /** Of every command. */
  readonly everywhere: readonly CompletedOption[];
  /** The words after `completion`. */
  readonly shellNames: readonly string[];
}

/** Each writes what its shell reads in order to complete the commands. */
export const shells = { bash, zsh, fish } as const;

/** For the options of all commands to be in it, the program must have them. */
export function completionScript(shell: string, program: Command): string {
  const write = Object.entries(shells).find(([name]) => name === shell)?.[1];
  if (write === undefined) {
    throw new UsageError(`there is completion for ${Object.keys(shells).join(", ")} only`);
  }
  const commands = program.commands.map(
    (command): CompletedCommand => ({
      name: command.name(),
      summary: command.description(),
      options: command.options.map(toCompleted),
    }),
  );
  const helpOption: CompletedOption = {
    name: "--help",
    summary: "show help",
    takesValue: false,
    values: [],
  };
  return write({
    commands,
    everywhere: [...program.options.map(toCompleted), helpOption],
    shellNames: Object.keys(shells),
  });
}

function toCompleted(option: Command["options"][number]): CompletedOption {
  return {
    name: option.long ?? "",
    summary: option.description,
    takesValue: option.required,
    values: option.argChoices ?? [],
  };
}

/** The options that have few values, as patterns of `command option`. */
function fewValues({ commands, everywhere }: Completed): readonly (readonly [string, string])[] {
  const of = (command: string, options: readonly CompletedOption[]) =>
    options
      .filter(({ values }) => values.length > 0)
      .map(({ name, values }) => [`${command} ${name}`, values.join(" ")] as const);
  return [
    ...commands.flatMap(({ name, options }) => of(name, options)),
    ...of("*", everywhere).map(([pattern, values]) => [pattern, values] as const),
  ];
}

const optionNames = (options: readonly CompletedOption[]) =>
  options.map(({ name }) => name).join(" ");

function bash(completed: Completed): string {
  const { commands, everywhere, shellNames } = completed;
  const optionCases = commands.map(
    ({ name, options }) => `    ${name}) echo '${optionNames(options)}' ;;`,
  );
  const valueCases = fewValues(completed).map(
    ([pattern, values]) => `    ${pattern.replace(" ", "\\ ")}) echo '${values}' ;;`,
  );
  return `# Completion of tessera for bash: source <(tessera completion bash)
_tessera_options() {
  case $1 in
${optionCases.join("\n")}
  esac
}
_tessera_values() {
  case $1 in
${valueCases.join("\n")}
    completion\\ *) echo '${shellNames.join(" ")}' ;;
  esac
}
_tessera() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= words= index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      ${everywhere
        .filter(({ takesValue }) => takesValue)
        .map(({ name }) => name)
        .join("|")}) index=$((index + 1)) ;;
      -*) ;;
      *) command=\${COMP_WORDS[index]}; break ;;
    esac
  done
  words=$(_tessera_values "$command $before")
  if [[ -z $words && -z $command && $current != -* ]]; then
    words='${commands.map(({ name }) => name).join(" ")}'
  elif [[ -z $words && $current == -* ]]; then
    words="$(_tessera_options "$command") ${optionNames(everywhere)}"
  fi
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    # On a command line bash takes @ for a word of its own.
    local IFS=$'\\n' at=
    [[ $current == @* || $before == @ ]] && at=@
    [[ -z $at ]] && compopt -o filenames 2> /dev/null
    COMPREPLY=($(compgen -f -P "$at" -- "\${current#@}"))
  fi
}
complete -F _tessera tessera
`;
}

function zsh({ commands, everywhere, shellNames }: Completed): string {
  const names = commands.map(
    ({ name, summary }) => `    ${quoted(`${name.replaceAll(":", "\\:")}:${summary}`)}`,
  );
  const global = everywhere.map((option) => quoted(zshOption(option))).join(" ");
  const cases = commands.map(
    ({ name, options }) =>
      `        ${name}) _arguments ${[...options.map(zshOption).map(quoted), "$everywhere"].join(" ")} ;;`,
  );
  return `#compdef tessera
# Completion of tessera for zsh: source <(tessera completion zsh)
_tessera_value() { compset -P @; _files; }
_tessera() {
  local curcontext=$curcontext state line
  local -a commands everywhere
  commands=(
${names.join("\n")}
  )
  everywhere=(${global})
  _arguments -C $everywhere '1:command:->command' '*::value:->option'
  case $state in
    command) _describe command commands ;;
    option)
      case $line[1] in
        completion) _values shell ${shellNames.join(" ")} ;;
${cases.filter((line) => !line.includes(" completion)")).join("\n")}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_tessera" ]; then _tessera "$@"; else compdef _tessera tessera; fi
`;
}

/** Options can be repeated; `[`, `]` and `:` have a meaning of their own. */
function zshOption({ name, summary, takesValue, values }: CompletedOption): string {
  const text = summary.replaceAll(/[[\]:\\]/g, "\\$&");
  if (!takesValue && values.length === 0) return `*${name}[${text}]`;
  const of = values.length > 0 ? `(${values.join(" ")})` : "_tessera_value";
  return `*${name}[${text}]:value:${of}`;
}

function fish(completed: Completed): string {
  const { commands, everywhere, shellNames } = completed;
  const described = (options: readonly CompletedOption[]) =>
    options.map(({ name, summary }) => quoted(`${name}\t${summary}`)).join(" ");
  const optionCases = commands
    .filter(({ options }) => options.length > 0)
    .map(({ name, options }) => `    case ${name}\n      printf '%s\\n' ${described(options)}`);
  const valueCases = fewValues(completed).map(
    ([pattern, values]) => `    case ${quoted(pattern)}\n      string split ' ' ${quoted(values)}`,
  );
  const commandWords = commands.map(({ name, summary }) => quoted(`${name}\t${summary}`));
  return `# Completion of tessera for fish: tessera completion fish | source
function __tessera_complete
  if string match -q '@*' -- (commandline -ct)
    __fish_complete_path (string sub -s 2 -- (commandline -ct)) | string replace -r '^' '@'
    return
  end
  set -l words (commandline -opc)
  set -l command ''
  set -l skip 0
  for word in $words[2..]
    if test $skip = 1
      set skip 0
    else if contains -- $word ${everywhere
      .filter(({ takesValue }) => takesValue)
      .map(({ name }) => name)
      .join(" ")}
      set skip 1
    else if not string match -q -- '-*' $word
      set command $word
      break
    end
  end
  switch "$command $words[-1]"
${valueCases.join("\n")}
    case 'completion *'
      string split ' ' ${quoted(shellNames.join(" "))}
    case '*'
      __tessera_options "$command"
  end
end
function __tessera_options
  switch $argv[1]
    case ''
      printf '%s\\n' ${commandWords.join(" ")}
${optionCases.join("\n")}
  end
  printf '%s\\n' ${described(everywhere)}
end
complete -c tessera -f
complete -c tessera -a '(__tessera_complete)'
`;
}

/** As one word of a shell, in which nothing is replaced. fish, unlike the others, knows escapes between quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
