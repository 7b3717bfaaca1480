import path from 'node:path'
import type { StepNode } from '../graph/node.ts'
import { hidden } from '../secrets.ts'

/** The script that runs a failed chain again, in the folder of each of its steps. */
export const commandFile = 'command.sh'
/** What failed, one step or several that were joined. */
interface FailedChain {
  readonly members: readonly { readonly label: string; readonly kept: string; readonly node: StepNode }[]
  readonly links: readonly unknown[]
}
/** Any word as one word of bash. */
export const bashWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/**
 * The beginning of the script: a folder like that in which each member began, beside the one that is kept, with the same inputs. The links in
 * it stay right, since it lies as deep. `again` holds the folders, by position.
 */
export function freshFolders(at: FailedChain): string {
  const labels = at.members.map(({ label }) => label).join(' | ')
  const title = labels.replace(/[^ -~]/g, '?') // one plain line, whatever a sample is called
  const folders = at.members.map(({ kept }) => bashWord(path.basename(kept))).join(' ')
  const inside = at.members.map(({ node }, n) => {
    const lists = Object.entries(node.step.outputs).flatMap(([port, kind]) => ('many' in kind ? [`out/${port}`] : []))
    const rooms = ['tmp', 'out', ...lists, ...(at.links[n] ? ['link'] : [])]
    return `mkdir -p ${rooms.map(room => `"\${again[${n}]}"/${room}`).join(' ')}`
  })
  return `#!/usr/bin/env bash
# Runs again what failed: ${title}
# "bash ${commandFile}" does it, in new folders beside this one, named like it with .again at the end. Nothing of it goes into the store.
# Where ${hidden} stands in a word, a secret was left out: put it in by hand.
here=$(cd -- "$(dirname -- "\${BASH_SOURCE[0]}")/.." && pwd) || exit
again=()
for name in ${folders}; do
  again+=("$here/$name.again")
  rm -rf -- "$here/$name.again"
  mkdir -- "$here/$name.again" || exit
  for part in in resume; do
    if [ -e "$here/$name/$part" ]; then cp -RP -- "$here/$name/$part" "$here/$name.again/$part"; fi
  done
done
${inside.join('\n')}
`
}
