import { PlanError, shown, whatIs } from '../errors.ts'
import { type Given, isList, isRef, type Node, type Ref, refsIn, refTo } from '../graph/node.ts'
import { type FileKind, fileOf, type InKind, type InKinds, isItself, isSameAs, type OutKinds } from '../vocabulary/kind.ts'
import { isFrom, type Kinds, type RowShape, type Rows, shapeOf } from '../vocabulary/rows.ts'
import { parse } from '../vocabulary/schema.ts'
import { refsByName, rowOf } from './names.ts'

type Facts = Readonly<Record<string, unknown>>
type GivenBySlot = Readonly<Record<string, Given | undefined>>
const factsOf = (kind: FileKind): Facts => kind.facts as Facts // facts are plain data by the definition of `kind`
/** Two references are the same by name, and by digest where both are known: a source may claim `sameAs('human')` by name alone. */
const same = (a: unknown, b: unknown): boolean => {
  if (isSameAs(a) && isSameAs(b)) return a.sameAs === b.sameAs && (!('digest' in a) || !('digest' in b) || a.digest === b.digest)
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** The fact that every file of a slot has alike; undefined where they differ or the slot is empty. */
function factOf(given: Given | undefined, name: string): unknown {
  if (given === undefined) return undefined
  const all = refsIn(given).map(ref => factsOf(fileOf(ref.kind))[name])
  return all.every(each => same(each, all[0])) ? all[0] : undefined
}
/** Compares what was given with what the slots ask for: it checks at plan time what the type `Wanted` checks in the compiler. */
export function checkGiven(owner: string, slots: Kinds, args: Facts): Record<string, unknown> {
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(slots)) given[name] = args[name]
  const files = given as GivenBySlot // rows are never named by sameAs; every other slot is checked to be files just below
  for (const [name, kind] of Object.entries(slots)) {
    const where = `Input "${name}" of ${owner}`
    if (given[name] === undefined && 'optional' in kind) continue
    if (given[name] === undefined) throw new PlanError('WIRING', `${where} is missing. Give it ${wantedWords(kind)}: ${name}: …`)
    if ('rows' in kind) given[name] = checkRows(where, kind, given[name], files)
    else checkSlot(where, 'optional' in kind ? kind.optional : kind, given[name], files)
  }
  return given
}
const wantedWords = (kind: Kinds[string]): string =>
  'rows' in kind
    ? 'an array of rows'
    : 'many' in kind
      ? `a list of ${kind.many.format} files`
      : 'named' in kind
        ? `${kind.named.format} files by name`
        : `a file of format ${fileOf(kind).format}`
function checkSlot(where: string, kind: InKind, given: unknown, inputs: GivenBySlot): void {
  const single = 'facts' in kind
  if (!('named' in kind)) for (const each of isList(given) ? given : [given]) checkNoneOfMany(where, kind, each)
  if (typeof given !== 'object' || given === null || (single && !isRef(given) && !Array.isArray(given)))
    throw new PlanError(
      'WIRING',
      `${where} takes ${single ? 'a file' : 'files'}, got ${shown(given)}. Give what a step or source returned.`,
    )
  if (single && !isRef(given))
    throw new PlanError('WIRING', `${where} takes one file, got several. Call the step once for each, or declare the input many(…).`)
  if ('many' in kind && isRef(given) && !('many' in given.kind))
    throw new PlanError('WIRING', `${where} takes a list of files, got one file. Put it in brackets: [file].`)
  if ('named' in kind && (isRef(given) || Array.isArray(given)))
    throw new PlanError('WIRING', `${where} takes files by name, got ${isRef(given) ? 'one file' : 'a list'}. Give { name: file, … }.`)
  for (const ref of refsIn(given as Given)) {
    // an array or a record, by the checks above; its elements are looked at next
    if (!isRef(ref)) throw new PlanError('WIRING', `${where} takes files, got ${shown(ref)}. Give what a step or source returned.`)
    if ('many' in ref.kind && !('many' in kind && isRef(given)))
      throw new PlanError('WIRING', `${where} takes one file, got a list that a step writes. Use each(list, item => …).`)
    matches(where, kind, ref, inputs)
  }
}
/** All that a step gives, where one of its outputs is meant: the remedy names the one that fits. */
function checkNoneOfMany(where: string, kind: InKind, given: unknown): void {
  const refs = refsByName(given)
  if (refs.length === 0) return
  const names = refs.map(([name]) => name)
  const fitting = refs.filter(([, ref]) => fileOf(ref.kind).format === fileOf(kind).format).map(([name]) => name)
  const one = fitting.length === 1 ? fitting : names
  throw new PlanError(
    'WIRING',
    `${where} takes ${'many' in kind ? 'files' : 'one file'}, got ${whatIs(given) ?? 'a record of files'}: ${names.join(', ')}. Put ${one.map(name => `.${name}`).join(' or ')} behind it.`,
  )
}
function matches(where: string, slot: InKind, ref: Ref, inputs: GivenBySlot): void {
  const want = fileOf(slot)
  const got = fileOf(ref.kind)
  if (want.format !== got.format)
    throw new PlanError('WIRING', `${where} asks for ${want.format}, got ${got.format}. Give a ${want.format} file.`)
  for (const [name, fact] of Object.entries(want.facts)) {
    if (isItself(fact) || name === 'parts') continue
    const asked = isSameAs(fact) && fact.sameAs in inputs ? factOf(inputs[fact.sameAs], name) : fact
    const has = factsOf(got)[name]
    if (same(asked, has)) continue
    const remedy = want.hints?.[name] ?? `Give a file whose ${name} is ${factText(asked)}.`
    throw new PlanError('WIRING', `${where} asks for ${name} ${factText(asked)}, got ${factText(has)}. ${remedy}`)
  }
}
function checkRows(where: string, { rows: shapes }: Rows, given: unknown, inputs: GivenBySlot): readonly object[] {
  if (!Array.isArray(given)) throw new PlanError('WIRING', `${where} takes rows, got ${shown(given)}. Give an array of objects.`)
  if (given.length === 0) throw new PlanError('SAMPLESHEET', `${where} has no rows. Give at least one.`)
  const own = `${where[0]?.toLowerCase()}${where.slice(1)}`
  const strictRow = rowOf(own, [...new Set(shapes.flatMap(Object.keys))])
  return given.map((row: Facts, n) => {
    try {
      return strictRow(checkRow(own, shapes, { ...row }, inputs)) // a copy: the caller's row may refuse to be asked for other names
    } catch (cause) {
      throw cause instanceof PlanError ? new PlanError(cause.code, cause.message, { cause, rows: [n] }) : cause
    }
  })
}
function checkRow(where: string, shapes: readonly RowShape[], row: Facts, inputs: GivenBySlot): object {
  const shape = shapeOf(shapes, row)
  if (!shape) {
    const files = shapes.map(shape =>
      Object.keys(shape)
        .filter(name => isFrom(shape[name]!))
        .join(' and '),
    )
    throw new PlanError('WIRING', `the files of ${where} fit no shape, or several. Give exactly one of: ${files.join('; ')}.`)
  }
  const schemas = Object.fromEntries(Object.entries(shape).flatMap(([name, column]) => (isFrom(column) ? [] : [[name, column]])))
  const files = Object.entries(shape).flatMap(([name, column]) => (isFrom(column) ? [[name, column] as const] : []))
  for (const [name, column] of files) checkSlot(`file "${name}" of ${where}`, column.kind, row[name], inputs)
  return { ...parse(where, schemas, row), ...Object.fromEntries(files.map(([name]) => [name, row[name]])) }
}
/** A fact in a message; a reference by its name and the beginning of its digest. */
const factText = (fact: unknown) =>
  isSameAs(fact) ? `"${fact.sameAs}" (${'digest' in fact ? fact.digest : 'made by a step'})` : fact === undefined ? 'nothing' : shown(fact)

/** The refs that a call returns: every "same as" is filled in. */
export function promise(node: Node, owner: string, kinds: OutKinds, inputs: GivenBySlot): Record<string, Ref> {
  return Object.fromEntries(
    Object.entries(kinds).map(([port, kind]) => {
      const file = fileOf(kind)
      const facts = Object.entries(file.facts).map(([name, fact]) => [
        name,
        isSameAs(fact) ? factOf(inputs[fact.sameAs], name) : isItself(fact) ? { sameAs: `${owner}.${port}` } : fact,
      ])
      const exact: FileKind = { ...file, facts: Object.fromEntries(facts) }
      return [port, refTo('many' in kind ? { many: exact } : exact, node, port)]
    }),
  )
}
/** Stops a definition whose "same as" names no input: the compiler lets that pass. */
export function checkSameAs(owner: string, inputs: InKinds, kinds: InKinds | OutKinds): void {
  for (const [name, kind] of Object.entries(kinds))
    for (const [fact, value] of Object.entries(fileOf(kind).facts))
      if (isSameAs(value) && !(value.sameAs in inputs))
        throw new PlanError(
          'DEFINITION',
          `In ${owner} the fact "${fact}" of "${name}" is the same as "${value.sameAs}", which is no input. Inputs: ${Object.keys(inputs).join(', ') || 'none'}.`,
        )
}
/** Everything a command can mention is one flat namespace. */
export function oneNameEach(owner: string, groups: readonly object[]): void {
  const seen = new Set<string>()
  for (const name of groups.flatMap(Object.keys)) {
    if (seen.has(name))
      throw new PlanError(
        'DEFINITION',
        `In ${owner} the name "${name}" is used twice. Give the input, output, parameter or asset another name.`,
      )
    seen.add(name)
  }
}
