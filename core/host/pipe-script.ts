/** A script as one program with its words. */
export interface Launch {
  readonly program: string
  readonly words: readonly string[]
  /** True where bash appends the statuses of each pipe's stages to the file `status` in the working folder. */
  readonly statuses: boolean
}
/**
 * Argv by pipe and stage → one program. A single program is started as it is. Pipes and sequences become one fixed bash script
 * that holds positions only, never a value: `"${@:1:3}" | "${@:4:2}"`. Each stage's status is recorded, and the script ends with
 * the first status that is neither 0 nor SIGPIPE's 141, so that the stage that failed first is named.
 */
export function launch(argv: readonly (readonly (readonly string[])[])[]): Launch {
  const [only, ...others] = argv
  if (only?.length === 1 && others.length === 0) {
    const [program = '', ...words] = only[0]!
    return { program, words, statuses: false }
  }
  let position = 1
  const lines = argv.map((stages, n) => {
    const pipe = stages.map(stage => {
      const text = `"\${@:${position}:${stage.length}}" 9>&-`
      position += stage.length
      return text
    })
    return `${pipe.join(' | ')}${n < argv.length - 1 ? ' >&2' : ''}; check "\${PIPESTATUS[@]}"`
  })
  return { program: 'bash', words: ['-c', [checkStatuses, ...lines].join('\n'), 'step', ...argv.flat(2)], statuses: true }
}
const checkStatuses = `exec 9>status # before a program can put a pipe in its place
check() {
  echo "$*" >&9
  local broken=0 s
  for s; do case $s in 0) ;; 141) broken=141 ;; *) exit "$s" ;; esac; done
  [ $broken = 0 ] || exit $broken
}`
/** The stage whose failure is the cause: first one that failed otherwise than by SIGPIPE, else the first that failed. */
export function failedStage(statuses: string): { readonly pipe: number; readonly stage: number; readonly status: number } | undefined {
  const pipes = statuses
    .trim()
    .split('\n')
    .map(line => line.split(' ').map(Number))
  for (const real of [true, false])
    for (const [pipe, stages] of pipes.entries())
      for (const [stage, status] of stages.entries()) if (status !== 0 && (status !== 141 || !real)) return { pipe, stage, status }
  return undefined
}
