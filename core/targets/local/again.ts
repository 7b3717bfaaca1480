import { inputName, pipeName } from '../../graph/step-words.ts'
import type { Attempt } from '../../run/attempt.ts'
import { bashWord, freshFolders } from '../../run/rerun.ts'
import type { WorkFolder } from '../../run/work-folder.ts'

/**
 * The same programs with the same words and surroundings, for people. It exits with the status that the run tells: of several, the first that is
 * neither 0 nor that of a writer whose reader was gone.
 * @param environment variables of each member; what lies in its folder is written as `$folder`
 */
export function rerunScript(
  at: Attempt,
  works: readonly WorkFolder[],
  environment: (member: number) => Readonly<Record<string, string>>,
): string {
  const members = at.members.map((_, n) => {
    const { argv, stdout, folder } = works[n]!
    const variables = Object.entries(environment(n)).map(
      ([name, value]) =>
        `${name}=${value.startsWith(`${folder}/`) ? `"$folder"/${bashWord(value.slice(folder.length + 1))}` : bashWord(value)}`,
    )
    const pipes = argv.map((stages, pipe) => {
      const into = pipe < argv.length - 1 || stdout === undefined ? ' >&2' : ` >${bashWord(stdout)}`
      return `  ${stages.map(words => words.map(bashWord).join(' ')).join(' \\\n    | ')}${into}; check "\${PIPESTATUS[@]}"`
    })
    return `member${n}() (
  cd -- "\${again[${n}]}" </dev/null || exit
  folder=$PWD
  surroundings
  export ${variables.join(' \\\n    ')}
${pipes.join('\n')}
)`
  })
  const joints = at.links.flatMap(({ port, slot }, n) => {
    const pipe = pipeName(at.members[n]!.node.step, port)
    const slotLink = inputName(at.members[n + 1]!.node.step, slot)
    return [
      `mkfifo "\${again[${n}]}"/${bashWord(pipe)}`,
      `ln -sfn "\${again[${n}]}"/${bashWord(pipe)} "\${again[${n + 1}]}"/${bashWord(slotLink)}`,
    ]
  })
  return `${freshFolders(at)}
check() { # ends the member with the status of the program that failed first
  local broken=0 s
  for s; do case $s in 0) ;; 141) broken=141 ;; *) exit "$s" ;; esac; done
  [ $broken = 0 ] || exit $broken
}
surroundings() { # nothing of the caller's own
  local name
  for name in $(compgen -e); do unset -v "$name" 2>/dev/null; done
}
${members.join('\n')}
${at.members.length === 1 ? 'member0; exit' : together(joints)}
`
}
/** All at once, joined by named pipes. When one fails, the others have two seconds to end by themselves, since they may wait for it for ever. */
const together = (joints: readonly string[]) => `${joints.join('\n')}
set -m
pids=()
for ((n = 0; n < \${#again[@]}; n++)); do
  { "member$n"; echo $? >"\${again[n]}/ended"; } &
  pids+=($!)
done
failed() { local n; for ((n = 0; n < \${#again[@]}; n++)); do [ "$(cat "\${again[n]}/ended" 2>/dev/null || echo 0)" = 0 ] || return 0; done; return 1; }
until failed || [ -z "$(jobs -rp)" ]; do sleep 0.1; done
if failed; then
  for ((n = 0; n < 20; n++)); do [ -z "$(jobs -rp)" ] || sleep 0.1; done
  for pid in $(jobs -rp); do kill -- "-$pid" 2>/dev/null; done
fi
wait
status=0
for ((n = 0; n < \${#again[@]}; n++)); do
  s=$(cat "\${again[n]}/ended" 2>/dev/null || echo 143)
  case $s in 0) ;; 141 | 143) [ $status != 0 ] || status=$s ;; *) exit "$s" ;; esac
done
exit $status`
