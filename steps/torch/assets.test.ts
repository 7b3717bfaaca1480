import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { checkpoint as checkpointKind, packedImages, splitTable } from 'trireme-bio/kinds'
import { packedFiles } from 'trireme-bio/steps/tiny-images'
import { given, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { keys } from '../../core/graph/key.ts'
import type { Node, StepNode } from '../../core/graph/node.ts'
import { train } from './train.ts'
import { validate } from './validate.ts'

const modules = readdirSync(import.meta.dirname).flatMap(name => (name.endsWith('.py') ? [name.slice(0, -3)] : []))
/** Modules of this folder that one imports. */
const imports = (name: string) =>
  [...readFileSync(path.join(import.meta.dirname, `${name}.py`), 'utf8').matchAll(/^(?:from|import) (\w+)/gm)].flatMap(([, of = '']) =>
    modules.includes(of) ? [of] : [],
  )
function closure(name: string, met = new Set<string>()): ReadonlySet<string> {
  if (met.has(name)) return met
  met.add(name)
  for (const each of imports(name)) closure(each, met)
  return met
}
it.each([
  ['train', train.spec.assets],
  ['validate', validate.spec.assets],
] as const)('all that %s.py imports is an asset of its step, in the slot of its name', (name, assets = {}) => {
  const slots = Object.entries(assets).map(([slot, { path: file }]) => [slot === 'script' ? name : slot, path.basename(file, '.py')])
  for (const [slot, file] of slots) expect(slot).toBe(file)
  expect(slots.map(([slot]) => slot).sort()).toEqual([...closure(name)].sort())
})
it('a line mended in one of the two scripts leaves the key of the other alone', () => {
  const { pixels, index, table: rows } = packedFiles(scratch(), 'images')
  const [images, table] = [given('images', packedImages, { pixels, index }), given('table', splitTable, rows)]
  const { checkpoint } = train({ images, table, own: [], weights: [] })
  const { predictions } = validate({ images, table, checkpoint, own: [] })
  const known = validate({ images, table, checkpoint: given('known', checkpointKind, pixels), own: [] }).predictions
  const keyOf = (node: Node, file: string) => keys(() => '1').of(mended(node as StepNode, file)) // they are steps
  const redone = (file: string) => [checkpoint.node, predictions.node, known.node].map(node => keyOf(node, file) !== keyOf(node, 'none.py'))
  expect(redone('validate.py')).toEqual([false, true, true])
  expect(redone('train.py')).toEqual([true, true, false]) // the second for its checkpoint's sake
  expect(redone('augmentation.py')).toEqual([true, true, false])
  expect(redone('judging.py')).toEqual([true, true, true])
})
/** The step, and those before it, with another content of one file beside them. */
function mended(node: StepNode, file: string): StepNode {
  const assets = Object.fromEntries(
    Object.entries(node.step.assets).map(([slot, { path: place, sha256 }]) => [
      slot,
      { path: place, sha256: path.basename(place) === file ? 'mended' : sha256 },
    ]),
  )
  const inputs = Object.fromEntries(
    Object.entries(node.inputs).map(([slot, given]) => [
      slot,
      'node' in given && given.node.kind === 'step' ? { ...given, node: mended(given.node, file) } : given,
    ]),
  )
  return { ...node, inputs, step: { ...node.step, assets } } as StepNode // the same forms
}
