import { PlanError, shown } from '../../core/errors.ts'
import type { Results } from '../../core/graph/plan.ts'
import { meant } from '../../core/vocabulary/nearest.ts'
import type { Kinds } from '../../core/vocabulary/rows.ts'
import type { Schemas } from '../../core/vocabulary/schema.ts'
import { type AnyComparison, type CommandArm, type ComparisonSpec, isCommand } from './comparison.ts'

/** Marks what `comparison` has checked. Shared by copies of the library: a project's own comparisons may have loaded it a second time. */
const checked = Symbol.for('trireme.comparison')
/** Whether something that a module exports is a comparison. */
export const isComparison = (value: unknown): value is AnyComparison => typeof value === 'object' && value !== null && checked in value

/**
 * Ways to do the same work, and what is measured of them. Nothing runs: `trireme bench run NAME` does that.
 * @throws PlanError `DEFINITION` when the definition contradicts itself
 */
export function comparison<
  const I extends Kinds = {},
  const P extends Schemas = {},
  O extends Results = Results,
  const S extends string = never,
  const A extends string = string,
  const M extends string = never,
  const Q extends string = never,
>(spec: ComparisonSpec<I, P, O, S, A, M, Q>): ComparisonSpec<I, P, O, S, A, M, Q> {
  checkComparison(spec as unknown as AnyComparison) // the same, its names being text
  return Object.defineProperty({ ...spec }, checked, { value: true })
}

type Refuse = (fault: string) => never

/**
 * Whether a definition says one thing only. What the compiler refuses is refused here too, for those who have none.
 * @throws PlanError `DEFINITION` with the first fault
 */
function checkComparison(spec: AnyComparison): void {
  const refuse: Refuse = fault => {
    throw new PlanError('DEFINITION', `The comparison ${shown(spec.name)} ${fault}`)
  }
  if (typeof spec.name !== 'string' || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.name))
    refuse('needs another name: lower-case letters, digits and hyphens between them, such as "strong-scaling".')
  if (typeof spec.about !== 'string' || spec.about.trim() === '' || spec.about.includes('\n'))
    refuse('does not say what it is about. Give "about" one line.')
  const stranger = Object.keys(spec).find(name => !Object.hasOwn(fields, name))
  if (stranger !== undefined) refuse(`has "${stranger}", which means nothing here.${meant(stranger, Object.keys(fields))}`)
  checkArms(spec, refuse)
  checkPlaces(spec, refuse)
  checkMeasures(spec, refuse)
  checkQuality(spec, refuse)
  checkRuns(spec, refuse)
  checkClaims(spec, refuse)
}
/** Every field that a definition may have. */
const fields: Readonly<Record<keyof AnyComparison, true>> = {
  ...{
    name: true,
    about: true,
    pipeline: true,
    profile: true,
    arms: true,
    settings: true,
    baseline: true,
    environments: true,
    parts: true,
  },
  ...{ measures: true, quality: true, outputs: true, given: true, warmups: true, runs: true, quick: true, caches: true, scaling: true },
  ...{ claims: true, programs: true, setup: true },
}
function known(refuse: Refuse, what: string, name: string, names: readonly string[], has: string): void {
  const all = names.length > 12 ? [...names.slice(0, 12), '…'] : names
  if (!names.includes(name)) refuse(`${what} "${name}", which ${has}.${meant(name, names)} There are: ${all.join(', ') || 'none'}.`)
}
const knownArm = ({ arms }: AnyComparison, refuse: Refuse, what: string, name: string) =>
  known(refuse, what, name, Object.keys(arms), 'is none of its arms')
function onceEach(refuse: Refuse, what: string, names: readonly string[]): void {
  const twice = names.find((name, n) => names.indexOf(name) !== n)
  if (twice !== undefined) refuse(`has "${twice}" twice among its ${what}. Leave one out.`)
}

function checkArms(spec: AnyComparison, refuse: Refuse): void {
  const names = Object.keys(spec.arms)
  if (names.length === 0) refuse('has no arms. Give at least one: arms: { quick: { … } }.')
  const { pipeline } = spec
  const taken = pipeline && [...Object.keys(pipeline.spec.inputs), ...Object.keys(pipeline.spec.params ?? {})]
  for (const [name, arm] of Object.entries(spec.arms)) {
    if (name.trim() !== name || name === '' || /[\p{Cc}·|]/u.test(name))
      refuse(`has an arm called ${shown(name)}. Give it a name without blanks at its ends, and without "·" and "|".`)
    if (isCommand(arm)) checkCommand(name, arm, refuse)
    else if (taken === undefined)
      refuse(`has no pipeline, and its arm "${name}" is no command. Name the pipeline, or give the arm "command" and "check".`)
    else if (typeof arm !== 'function')
      for (const argument of Object.keys(arm))
        known(refuse, `gives its arm "${name}" the argument`, argument, taken, `the pipeline "${pipeline?.spec.name}" does not take`)
  }
  if (spec.profile !== undefined && !pipeline)
    refuse(`has the profile "${spec.profile}" but no pipeline, and profiles belong to pipelines. Name it.`)
  for (const [name, settings] of Object.entries(spec.settings ?? {})) {
    knownArm(spec, refuse, 'has settings for', name)
    const { cpu = 1, gpu = 0 } = settings ?? {}
    if (!Number.isInteger(cpu) || cpu < 1 || !Number.isInteger(gpu) || gpu < 0)
      refuse(`gives its arm "${name}" ${cpu} cores and ${gpu} GPUs. Give whole numbers, of cores at least 1.`)
    const { cpu: _, gpu: __, ...switches } = settings ?? {}
    for (const [what, value] of Object.entries(switches)) {
      known(refuse, `gives its arm "${name}" the setting`, what, ['cpu', 'gpu', 'stream', 'once'], 'means nothing here')
      if (value !== undefined && typeof value !== 'boolean')
        refuse(`gives its arm "${name}" the setting "${what}" as ${shown(value)}. Give true or false.`)
    }
  }
  const { without = [] } = spec.quick ?? {}
  for (const arm of without) knownArm(spec, refuse, 'leaves out of a quick run', arm)
  if (without.includes(baselineArm(spec))) refuse(`leaves its baseline "${baselineArm(spec)}" out of a quick run.`)
}
function checkCommand(name: string, arm: CommandArm, refuse: Refuse): void {
  if (typeof arm.check !== 'function')
    refuse(`has the command "${name}" without a "check", which proves that the work was done. Give it one that throws where it was not.`)
}
const baselineArm = ({ baseline, arms }: AnyComparison): string =>
  typeof baseline === 'object' ? baseline.arm : (baseline ?? Object.keys(arms)[0]!)
function checkPlaces(spec: AnyComparison, refuse: Refuse): void {
  const { environments, baseline, caches = ['warm'] } = spec
  if (environments?.length === 0) refuse('has no environments. Leave them out for this machine, or name some.')
  onceEach(refuse, 'environments', environments ?? [])
  knownArm(spec, refuse, 'has the baseline', baselineArm(spec))
  if (typeof baseline === 'object')
    known(refuse, 'has its baseline in', baseline.environment, environments ?? ['workstation'], 'is none of its environments')
  if (caches.length === 0) refuse('has no caches. Give cold, warm or both.')
  onceEach(refuse, 'caches', caches)
  for (const each of caches) known(refuse, 'has caches', each, ['cold', 'warm'], 'is neither of the two')
}
function checkMeasures(spec: AnyComparison, refuse: Refuse): void {
  const steps = [...(spec.pipeline?.spec.steps ?? []).map(each => each.spec.name), ...(spec.parts ?? [])]
  const has = spec.pipeline
    ? `is none of the steps that the pipeline "${spec.pipeline.spec.name}" names in "steps", and none of "parts"`
    : 'is none of its parts'
  for (const [name, own] of Object.entries(spec.measures ?? {})) {
    if (name === 'whole') refuse('has a measure called "whole", which every comparison has of itself. Give it another name.')
    if (own.length === 0) refuse(`has the measure "${name}" of no step. Name one, or leave it out.`)
    onceEach(refuse, `steps of the measure "${name}"`, own)
    for (const step of own) known(refuse, `measures as "${name}" the step`, step, steps, has)
    const given = own.find(step => spec.given?.includes(step))
    if (given !== undefined) refuse(`measures as "${name}" the step "${given}", which is given: it does not run. Take it from one of them.`)
  }
  onceEach(refuse, 'given steps', spec.given ?? [])
  for (const step of spec.given ?? []) known(refuse, 'has given', step, steps, has)
}
function checkQuality(spec: AnyComparison, refuse: Refuse): void {
  for (const [name, { about, floor, ceiling, arms, read }] of Object.entries(spec.quality ?? {})) {
    if (typeof about !== 'string') refuse(`does not say what its quality "${name}" is. Give it "about", one line.`)
    if (typeof read !== 'function') refuse(`does not say how "${name}" is read. Give it "read", a function of the folders of a run.`)
    checkBounds(refuse, `quality "${name}"`, ['floor', floor], ['ceiling', ceiling])
    onceEach(refuse, `arms of the quality "${name}"`, arms ?? [])
    for (const arm of arms ?? []) knownArm(spec, refuse, `reads "${name}" of`, arm)
  }
  if (spec.outputs && typeof spec.outputs.read !== 'function')
    refuse('does not say how its outputs are read. Give them "read", a function of the folders of a run.')
  const { tolerance = 0, equal = [] } = spec.outputs ?? {}
  if (!(tolerance >= 0 && tolerance < 1))
    refuse(`has a tolerance of ${tolerance}. Give a share of the larger number, from 0 to less than 1.`)
  onceEach(refuse, 'arms with equal outputs', equal.flat())
  for (const arm of equal.flat()) knownArm(spec, refuse, 'has among those with equal outputs', arm)
}
function checkBounds(
  refuse: Refuse,
  what: string,
  [low, least]: readonly [string, number | undefined],
  [high, most]: readonly [string, number | undefined],
): void {
  for (const value of [least, most])
    if (value !== undefined && !Number.isFinite(value)) refuse(`bounds its ${what} by ${value}. Give a number.`)
  if (least !== undefined && most !== undefined && least > most)
    refuse(`has a ${low} of ${least} and a ${high} of ${most} for its ${what}: nothing lies between them. Exchange them.`)
}
function checkRuns({ runs = {}, warmups = 1, scaling, ...spec }: AnyComparison, refuse: Refuse): void {
  const { least = 6, most = Math.max(30, least), width = 0.05 } = runs
  if (!Number.isInteger(warmups) || warmups < 0) refuse(`has ${warmups} warm-ups. Give a whole number, or 0 for none.`)
  if (![least, most].every(n => Number.isInteger(n) && n >= 1)) refuse(`has from ${least} to ${most} rounds. Give whole numbers from 1.`)
  if (least > most) refuse(`has at least ${least} rounds and at most ${most}. Exchange them.`)
  if (!(width > 0)) refuse(`goes on until its intervals are ${width} wide, which they will never be. Give a share such as 0.05.`)
  if (scaling) known(refuse, 'scales by the law', scaling.law, ['strong', 'weak'], 'is neither of the two')
  for (const [arm, cores = 0] of Object.entries(scaling?.cores ?? {})) {
    knownArm(spec, refuse, 'has cores for', arm)
    if (!(cores > 0)) refuse(`gives its arm "${arm}" ${cores} cores to scale by. Give a number above 0.`)
  }
}
/** What a claim is about. Records hold nothing else, and a claim that left it out would be missed only when all is measured. */
function oneOf(refuse: Refuse, field: string, value: string, all: readonly string[]): void {
  if (!all.includes(value)) refuse(`has a claim whose "${field}" is ${shown(value)}. Give one of ${all.join(', ')}.`)
}
function checkClaims(spec: AnyComparison, refuse: Refuse): void {
  for (const claim of spec.claims ?? []) {
    const { least, most, environment } = claim
    for (const arm of 'ratio' in claim ? claim.ratio : [claim.arm]) knownArm(spec, refuse, 'claims something of', arm)
    if ('quality' in claim) {
      known(refuse, 'claims something of', claim.quality, Object.keys(spec.quality ?? {}), 'is none of its qualities')
      known(
        refuse,
        `claims a "${claim.quality}" of`,
        claim.arm,
        [...(spec.quality?.[claim.quality]?.arms ?? Object.keys(spec.arms))],
        'has none',
      )
      oneOf(refuse, 'take', claim.take, ['least', 'median', 'most', 'mean'])
    } else {
      if (claim.measure !== undefined)
        known(refuse, 'claims something of', claim.measure, ['whole', ...Object.keys(spec.measures ?? {})], 'is none of its measures')
      oneOf(refuse, 'of', claim.of, ['wall', 'cpu', 'memory'])
    }
    if (environment !== undefined && spec.environments)
      known(refuse, 'claims something of', environment, spec.environments, 'is none of its environments')
    if ('ratio' in claim && claim.ratio[0] === claim.ratio[1]) refuse(`compares its arm "${claim.ratio[0]}" with itself in a claim.`)
    if (least === undefined && most === undefined) refuse('has a claim without bounds. Give it "least", "most" or both.')
    checkBounds(refuse, 'claim', ['least', least], ['most', most])
  }
}
