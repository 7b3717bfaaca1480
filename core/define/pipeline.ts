import { PlanError } from '../errors.ts'
import { type EachNode, type ItemNode, isRef, type Ref, refTo, type SourceFile, type SourceNode } from '../graph/node.ts'
import { checkResults, type Results } from '../graph/plan.ts'
import { type FileKind, type Itself, isItself, type Many, partsOf, type SameAs, suffixesOf } from '../vocabulary/kind.ts'
import { nearest } from '../vocabulary/nearest.ts'
import type { Kinds } from '../vocabulary/rows.ts'
import { type ArgsOf, parse, type Schemas, type ValuesOf } from '../vocabulary/schema.ts'
import { checkGiven, oneNameEach } from './facts.ts'
import { oneObject, outputNames, seen } from './names.ts'
import { checkNames } from './step.ts'
import type { Inside, OutputsOf, WantedOrLeftOut } from './wiring-types.ts'

/** Where results appear below `--out`, without extension: a path, or one for each name (or number) of a group, which may follow the parameters. */
export type Layout<V> = string | ((name: string, params: V) => string)

/** How a result is called at the end of a run: a title; of a group, titles for some of its files by name. */
export type Highlight<R> = string | (R extends Ref | readonly Ref[] ? never : { readonly [M in keyof R]?: string })

/** A step by its name, as `step` gives it. */
export interface CalledStep<S extends string> {
  readonly spec: { readonly name: S }
}
export interface PipelineSpec<I extends Kinds, P extends Schemas, O extends Results, S extends string = string> {
  readonly name: string
  /** One line for `list` and `show`. */
  readonly about?: string
  readonly inputs: I
  readonly params?: P
  /**
   * For a list known when the plan is made the function gets '1', '2' and so on; for one that a step writes, the name of each file.
   * @default the result's name; for a group, the result's name and below it the file's
   */
  readonly layout?: { readonly [N in keyof NoInfer<O>]?: Layout<ValuesOf<NoInfer<P>>> }
  /** The results that the end of a run names, with their places, in this order: `{ variants: 'Variants', qc: { page: 'Report' } }`. */
  readonly highlights?: { readonly [N in keyof NoInfer<O>]?: Highlight<NoInfer<O>[N]> }
  /** Steps of this pipeline that comparisons may measure by name, such as its training. @default none: it is measured as a whole */
  readonly steps?: readonly CalledStep<S>[]
  readonly build: (at: Inside<I> & ValuesOf<P>) => O
}
/** What `pipeline` gives: a function from inputs and parameters to refs of files, and its definition as `spec`. */
export interface Pipeline<I extends Kinds, P extends Schemas, O extends Results, S extends string = string> {
  <G extends WantedOrLeftOut<I, G>>(given: { readonly [N in keyof G & keyof I]: G[N] } & ArgsOf<P>): OutputsOf<O, G>
  readonly spec: PipelineSpec<I, P, O, S> & { readonly params: P }
}
/**
 * A named function over refs. Calling it inside another pipeline is how pipelines compose.
 * @throws PlanError `DEFINITION` at once when an input and a parameter share a name; at a call `WIRING` for a file that does not fit,
 * `PARAMETER` for a value that does not, or an unknown name, `SAMPLESHEET` for no rows
 */
export function pipeline<const I extends Kinds, O extends Results, const P extends Schemas = {}, const S extends string = never>(
  spec: PipelineSpec<I, P, O, S>,
): Pipeline<I, P, O, S> {
  const owner = `pipeline "${spec.name}"`
  const { params = {} } = spec
  oneNameEach(owner, [spec.inputs, params])
  const [inside, outputs] = [seen<object>(`the build of ${owner}`), outputNames<Results>(owner)]
  const names = [...Object.keys(spec.inputs), ...Object.keys(params)]
  const call = (...all: readonly unknown[]) => {
    const args = oneObject(owner, all, names)
    checkNames(owner, [spec.inputs, params], args)
    const at = inside({ ...checkGiven(owner, spec.inputs, args), ...parse(owner, params, args) })
    const results: unknown = spec.build(at as Inside<I> & ValuesOf<P>) // the same names, checked and parsed just now
    checkResults(owner, results)
    checkLayout(owner, spec.layout ?? {}, results)
    return outputs(results)
  }
  return Object.assign(call, { spec: { ...spec, params } }) as unknown as Pipeline<I, P, O, S> // the generic signature says what `call` checks
}

/** A name in the layout that is no result, and is like one that has no place there: the compiler sees it, and nobody else would. */
function checkLayout(owner: string, layout: object, results: Results): void {
  const without = Object.keys(results).filter(name => !(name in layout))
  for (const name of Object.keys(layout)) {
    const near = name in results ? undefined : nearest(name, without)
    if (near !== undefined)
      throw new PlanError('DEFINITION', `The layout of ${owner} has a place for "${name}", which is no result. Did you mean "${near}"?`)
  }
}
/**
 * A file that exists before the pipeline runs. Its digest is part of every key that depends on it.
 * @param files the file; or, for a kind with parts or companions, its files by part name or companion suffix (`''` is the main file)
 * @throws PlanError `WIRING` when a file of the kind is missing
 */
export function source<const N extends string, Fo extends string, F extends object>(
  name: N,
  kind: FileKind<Fo, F>,
  files: SourceFile | Readonly<Record<string, SourceFile>>,
): Ref<FileKind<Fo, { readonly [K in keyof F]: F[K] extends Itself ? SameAs<N> : F[K] }>> {
  const bySuffix = 'url' in files ? { '': files as SourceFile } : files // a record of files has no property 'url'
  const suffix = (part: string) => partsOf(kind)?.[part] ?? kind.extension + part
  const node: SourceNode = {
    kind: 'source',
    name,
    files: Object.fromEntries(Object.entries(bySuffix).map(([part, file]) => [suffix(part), file])),
  }
  for (const wanted of suffixesOf(kind))
    if (!(wanted in node.files))
      throw new PlanError(
        'WIRING',
        `Source "${name}" lacks its ${wanted} file. A ${kind.format} has: ${suffixesOf(kind).join(', ')}. Give all of them.`,
      )
  const digest = Object.values(node.files)[0]!.sha256.slice(0, 8)
  const facts = Object.entries(kind.facts).map(([fact, value]) => [fact, isItself(value) ? { sameAs: name, digest } : value])
  return refTo({ ...kind, facts: Object.fromEntries(facts) }, node, 'file') as ReturnType<typeof source<N, Fo, F>> // with "itself" filled in
}

type GatheredResults<R> = { readonly [N in keyof R]: R[N] extends Ref<infer K extends FileKind> ? Ref<Many<K>> : never }
/**
 * Runs the body once for every file of a list that a step wrote, and gathers its results in the list's order
 * (file names compared naturally: 2 before 10). For an array known when the plan is made, use its `map`.
 * @throws PlanError `WIRING` for anything else than such a list
 */
export function each<K extends FileKind, R extends Readonly<Record<string, Ref<FileKind>>>>(
  list: Ref<Many<K>>,
  body: (item: Ref<K>) => R,
): GatheredResults<R> {
  if (!isRef(list) || !('many' in list.kind))
    throw new PlanError('WIRING', 'each takes a list that a step writes while it runs. For an array of files use files.map(file => …).')
  const item: ItemNode = { kind: 'item', list }
  const made = body(refTo(list.kind.many, item, 'item'))
  checkResults('the body of an each', made)
  const node: EachNode = { kind: 'each', list, item, body: made }
  const gathered = Object.entries(made).map(([port, ref]) => [port, refTo({ many: ref.kind }, node, port)])
  return outputNames('each')(Object.fromEntries(gathered)) as GatheredResults<R> // one list for each result of the body
}
/** Every combination, the last name fastest: grid({ a: [1, 2], b: ['x'] }) is [{a:1,b:'x'}, {a:2,b:'x'}]. */
export const grid = <const A extends Readonly<Record<string, readonly unknown[]>>>(
  axes: A,
): readonly { readonly [N in keyof A]: A[N][number] }[] =>
  Object.entries(axes).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap(row => values.map(value => ({ ...row, [name]: value }))),
    [{}],
  ) as { [N in keyof A]: A[N][number] }[] // one property an axis
