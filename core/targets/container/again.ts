import type { Attempt } from '../../run/attempt.ts'
import { bashWord, freshFolders } from '../../run/rerun.ts'

export interface ContainerRerun {
  /** Words of the engine; `@1@` stands for the first link. */
  readonly command: readonly string[]
  /** What each link leads to, as a word of bash. */
  readonly links: readonly string[]
  readonly job: string
  readonly chain: string
}
/** The same container, for people. It exits with the status of the first step that failed. */
export function rerunInContainer(at: Attempt, { command, links, job, chain }: ContainerRerun): string {
  const name = command.indexOf('--name')
  const words = command.filter((_, n) => name < 0 || (n !== name && n !== name + 1)) // a name of its own, for the second time too
  const linked = (word: string) => bashWord(word).replace(/@(\d+)@/g, (_, n) => `'"$mounts"/${n}'`)
  return `${freshFolders(at)}
mounts=$(mktemp -d) || exit
trap 'rm -rf -- "$mounts"' EXIT
printf %s ${bashWord(job)} >"$mounts/job"
printf %s ${bashWord(chain)} >"$mounts/chain.sh"
${links.map((to, n) => `ln -s -- ${to} "$mounts/${n + 1}"`).join('\n')}
for ((n = 0; n < \${#again[@]}; n++)); do : >"\${again[n]}/log" >"$mounts/log$n"; done
: >"$mounts/report"
mkfifo "$mounts/stdin" && exec 3<>"$mounts/stdin" || exit # the container ends when its standard input does: with this script
${words.map(linked).join(' \\\n  ')} <"$mounts/stdin" 3>&-
for ((n = 0; n < \${#again[@]}; n++)); do cat "$mounts/log$n" >&2; done
while read -r word place figures; do
  [ "$word" = member ] || continue
  for figure in $figures; do
    case $figure in status=0 | status=-) ;; status=*) exit "\${figure#status=}" ;; esac
  done
done <"$mounts/report"
exit 0
`
}
