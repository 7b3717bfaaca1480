import { TriremeError } from '../../core/errors.ts'
import { quoted } from '../../core/vocabulary/command.ts'
import { say } from '../display/print.ts'
import { didYouMean } from '../display/suggest.ts'

/** Both names of the command. */
const commands = 'trireme trireme-bio'
/** What the scripts ask at each TAB: candidates a line each, with a tab before what is said of them. */
const asking = () => `${[process.execPath, process.argv[1] ?? 'trireme'].map(quoted).join(' ')} completion candidates --`
const scripts: Readonly<Record<string, () => string>> = {
  bash: () => `_trireme() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(${asking()} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _trireme ${commands}`,
  zsh: () => `_trireme() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(${asking()} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe -t values trireme found; else _files; fi
}
compdef _trireme ${commands}`,
  fish: () => `function __trireme_candidates
  set -l words (commandline -opc)
  ${asking()} $words[2..-1] (commandline -ct) 2>/dev/null
end
${commands
  .split(' ')
  .map(name => `complete -c ${name} -a '(__trireme_candidates)'`)
  .join('\n')}`,
}
/** @throws TriremeError `USAGE` for another shell */
export async function printCompletion(shell: string): Promise<void> {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script) return say(script())
  const known = Object.keys(scripts)
  throw new TriremeError(
    'USAGE',
    `completion takes bash, zsh or fish, got ${JSON.stringify(shell)}.${await didYouMean(shell, known)} "trireme help completion" says where its script goes.`,
  )
}
