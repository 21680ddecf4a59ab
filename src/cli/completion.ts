import type { CommandEntry } from "./commands";
import type { CliIo, Command } from "./io";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const USAGE = `Usage: modbus-edge completion bash|zsh|fish

Prints what makes the shell complete commands, options and file names of modbus-edge.

Exit code: 0 good, 2 usage.

Examples:
  modbus-edge completion bash > /etc/bash_completion.d/modbus-edge
  modbus-edge completion zsh > ~/.modbus-edge.zsh     # then, in ~/.zshrc behind compinit: source ~/.modbus-edge.zsh
  modbus-edge completion fish > ~/.config/fish/completions/modbus-edge.fish
`;

/** Words that a command takes before anything else. */
const SUBCOMMANDS: Readonly<Record<string, readonly string[]>> = {
  profiles: ["list", "show"],
  completion: SHELLS,
};

interface Known {
  readonly name: string;
  readonly summary: string;
  readonly words: readonly string[];
}

/** `modbus-edge completion SHELL`: the options are those that the help texts of `commands` name. */
export function completionOf(commands: () => readonly CommandEntry[]): Command {
  return async (args, io) => {
    if (args.includes("--help") || args.includes("-h")) {
      io.out(USAGE);
      return 0;
    }
    const [shell, ...more] = args;
    if (shell === undefined || more.length > 0 || !isShell(shell)) {
      io.err(`which shell? One of ${SHELLS.join(", ")}\n`);
      return 2;
    }
    const known: Known[] = [];
    for (const entry of commands()) known.push(await knownOf(entry, io));
    io.out(SCRIPTS[shell](known));
    return 0;
  };
}

function isShell(text: string): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

async function knownOf({ name, summary, load }: CommandEntry, io: CliIo): Promise<Known> {
  let help = "";
  const command = await load();
  await command(["--help"], {
    ...io,
    out: (text) => {
      help += text;
    },
  });
  const options = [...help.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
  return { name, summary, words: [...(SUBCOMMANDS[name] ?? []), ...[...new Set([...options, "--help"])].sort()] };
}

const SCRIPTS: Readonly<Record<Shell, (known: readonly Known[]) => string>> = {
  bash: bashScript,
  zsh: (known) => `autoload -U +X bashcompinit && bashcompinit\n${bashScript(known)}`,
  fish: fishScript,
};

function bashScript(known: readonly Known[]): string {
  const cases = known.map(({ name, words }) => `    ${name}) words="${words.join(" ")}" ;;`);
  return `_modbus_edge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${known.map(({ name }) => name).join(" ")} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}
complete -o filenames -F _modbus_edge modbus-edge
`;
}

function fishScript(known: readonly Known[]): string {
  const lines = known.flatMap(({ name, summary, words }) => [
    `complete -c modbus-edge -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "’")}'`,
    ...words.map((word) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c modbus-edge -n '__fish_seen_subcommand_from ${name}' ${what}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}
