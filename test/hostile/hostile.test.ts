import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { onCluster } from './argo.ts'
import { type Attack, attacks } from './attacks.ts'
import { judged, makeWorld, snapshot, type World } from './judge.ts'
import { inPods } from './pods.ts'
import { type Target, targets } from './targets.ts'

// Steps that turn on whoever runs them. TRIREME_HOSTILE=all tries every attack everywhere, and TRIREME_HOSTILE=WORDS those whose names hold the words;
// else a sample is tried, another one every hour.

const { TRIREME_HOSTILE: wanted = '' } = process.env
/** So many attacks, of every kind. */
function sample(all: readonly Attack[], size: number, seed: number): readonly Attack[] {
  const kinds = [...new Set(all.map(({ about }) => about))].map(kind => all.filter(({ about }) => about === kind))
  const each = Math.ceil(size / kinds.length)
  return kinds.flatMap(group => Array.from({ length: Math.min(each, group.length) }, (_, n) => group[(seed * each + n) % group.length]!))
}
const hour = Math.floor(Date.now() / 3_600_000)
function chosen({ name, enclosed }: Target): readonly Attack[] {
  const possible = attacks.filter(({ only }) => only === undefined || enclosed)
  if (wanted === 'all') return possible
  if (wanted !== '') return possible.filter(each => each.name.includes(wanted))
  return sample(
    possible.filter(({ large, ends }) => !large && ends !== 'held'),
    name === 'local' ? 16 : 8,
    hour,
  )
}
const harmless = (n: number): Attack => ({ name: 'harmless', about: 'links', script: `made # ${n}`, ends: 'well' })
let calls = 0

describe.each([...targets, inPods, onCluster].map(target => [target.name, target] as const))('hostile steps, %s', (_, target) => {
  const { unavailable, user, enclosed } = target
  if (unavailable !== undefined) return test.skip(`(skipped: ${unavailable})`, () => {})
  let world: World | undefined
  /** Attacks on this world of which the aftermath was not looked at. */
  let tried: string[] = []
  const forget = () => {
    world?.remove()
    world = undefined
    tried = []
  }
  afterAll(forget)
  const settled = async () => {
    if (world) return world
    world = makeWorld(user)
    expect(await target.run(world, harmless(++calls))).toMatchObject({ status: 0, made: 'made\n' })
    return world
  }
  /** What attacks leave to those that come after. */
  const aftermath = async (at: World) => {
    const after = `after ${tried.splice(0).join(', ')}:`
    const next = await target.run(at, harmless(++calls))
    const cleaned = await target.clean?.(at, false)
    const left = ['work', 'claims', 'damaged', 'resume'].flatMap(room => names(path.join(at.store, room)).map(each => `${room}/${each}`))
    return [
      ...(next.status === 0 && next.made === 'made\n' ? [] : [`${after} the next run ended with ${next.status}: ${next.said}`]),
      ...(cleaned === undefined || (cleaned.status === 0 && left.length === 0)
        ? []
        : [`${after} "clean" left ${left.join(', ')}: ${cleaned.said}`]),
    ]
  }
  test.for(chosen(target).map(each => [each.name, each] as const))('%s', { timeout: 1_500_000 }, async ([, attack]) => {
    const at = await settled()
    const before = snapshot(at)
    const ran = await target.run(at, attack)
    const faults = [...judged(at, attack, before, ran, enclosed), ...(target.left?.(at) ?? [])]
    if (attack.script.includes('chattr')) at.unlock()
    if (attack.spoils === 'the input') writeFileSync(at.input, 'the input\n')
    tried.push(attack.name)
    if (tried.length === 8 || attack.spoils !== undefined) faults.push(...(await aftermath(at)))
    if (faults.length > 0 || attack.spoils !== undefined) forget()
    expect(faults).toEqual([])
  })
  test('at last nothing is left', { timeout: 1_500_000 }, async () => {
    const at = await settled()
    expect(await aftermath(at)).toEqual([])
    const cleaned = await target.clean?.(at, true)
    if (!cleaned) return
    expect([cleaned.status, cleaned.said]).toEqual([0, expect.stringContaining('Removed')])
    expect(['entries', 'runs', 'work', 'claims'].map(room => names(path.join(at.store, room), true))).toEqual([[], [], [], []])
  })
})
function names(folder: string, deep = false): readonly string[] {
  try {
    const found = readdirSync(folder, { withFileTypes: true, recursive: deep })
    return found.filter(each => !deep || !each.isDirectory()).map(({ name }) => name)
  } catch {
    return []
  }
}
