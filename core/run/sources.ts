import { type Ref, refsIn, type StepNode } from '../graph/node.ts'
import type { Digests, SourceState } from '../store/source-digests.ts'

/** A file that a step read and that is, or may have been, another than the plan knows. */
export interface Spoiled {
  /** Position of its reader in the chain. */
  readonly member: number
  readonly file: string
  readonly state: Exclude<SourceState, 'same'>
}
/**
 * Watches the files of the user, and the scripts, that the steps of a chain read. A step's key says which content it read: where that is
 * not sure any more when it ends, nothing of it may be filed under the key.
 * @returns looks at them again, and gives the first that is spoiled
 */
export function watchSources(nodes: readonly StepNode[], digests: Digests, signal?: AbortSignal): () => Promise<Spoiled | undefined> {
  const watched = nodes.flatMap((node, member) =>
    filesRead(node).map(({ file, sha256 }) => ({ member, file, sha256, since: digests.mark(file) })),
  )
  return async () => {
    for (const { member, file, sha256, since } of watched) {
      const state = await digests.state(file, sha256, since, signal)
      if (state !== 'same') return { member, file, state }
    }
    return undefined
  }
}
function filesRead({ inputs, step }: StepNode): readonly { readonly file: string; readonly sha256: string }[] {
  const sources = Object.values(inputs).flatMap(refsIn).flatMap(sourcesOf)
  return [...sources, ...Object.values(step.assets).map(({ path, sha256 }) => ({ file: path, sha256 }))]
}
function sourcesOf({ node, port }: Ref): readonly { readonly file: string; readonly sha256: string }[] {
  if (node.kind === 'source') return Object.values(node.files).map(({ url, sha256 }) => ({ file: url, sha256 }))
  return node.kind === 'each' && node.body[port] ? sourcesOf(node.body[port]) : []
}
/** What is wrong, for people. */
export function spoiledText(label: string, { file, state }: Spoiled): string {
  const what = {
    touched: `was written to or replaced while the step read it, and may have read something else than it holds now. Let nothing write to the file while a run goes on, not the step either: no chmod, no hard link`,
    changed: `is no longer what it was when this run began: its content has changed`,
    gone: `is no longer there`,
  }[state]
  const remedy = { touched: 'Then', changed: 'Once nothing writes to it any more,', gone: 'Put it back, and' }[state]
  return `The outcome of step ${label} was not kept, since its input file ${file} ${what}. ${remedy} give the same command again.`
}
