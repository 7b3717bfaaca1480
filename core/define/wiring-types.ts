import type { Ref } from '../graph/node.ts'
import type { FileKind, Itself, Many, Named, Optional, SameAs } from '../vocabulary/kind.ts'
import type { From, Rows } from '../vocabulary/rows.ts'
import type { In, Out, Schema } from '../vocabulary/schema.ts'

/** The fact named K of whatever fills slot S. */
type Fact<G, S, K> = S extends keyof G ? (FactsIn<G[S]> extends infer F ? (K extends keyof F ? F[K] : unknown) : never) : unknown
type FactsIn<A> =
  A extends Ref<FileKind<string, infer F>>
    ? F
    : A extends Ref<Many<FileKind<string, infer F>>>
      ? F
      : A extends readonly Ref<FileKind<string, infer F>>[]
        ? F
        : A extends Readonly<Record<string, Ref<FileKind<string, infer F>>>>
          ? F
          : never
/** What a slot of one file asks for where it was given something else: words, which are the last line of the compiler's message. */
type NoFile<G, N extends PropertyKey, Fo extends string> = G extends { readonly [K in N]: infer _A extends Ref }
  ? never
  : G extends { readonly [K in N]: infer A }
    ? A extends readonly unknown[]
      ? `one ${Fo} file, not a list: call the step for each, list.map(file => …)`
      : A extends Readonly<Record<string, Ref>>
        ? `one ${Fo} file, not all that a step gives: add .${keyof A & string}`
        : `a ${Fo} file: what a step, an input or source(…) gave`
    : never
// The mapped types below are written out, not named: TypeScript then prints the facts themselves in its errors.
/** What each slot accepts, once the other slots are known. */
export type Wanted<I, G> = {
  readonly [N in keyof I]: I[N] extends FileKind<infer Fo, infer F>
    ?
        | Ref<
            FileKind<Fo, { readonly [K in keyof F]: F[K] extends Itself ? unknown : F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>
          >
        | NoFile<G, N, Fo>
    : I[N] extends Many<FileKind<infer Fo, infer F>>
      ?
          | readonly Ref<FileKind<Fo, { readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>[]
          | Ref<Many<FileKind<Fo, { readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>>
      : I[N] extends Named<FileKind<infer Fo, infer F>>
        ? Readonly<Record<string, Ref<FileKind<Fo, { readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>>>
        : I[N] extends Rows<infer Shapes>
          ? readonly WantedRow<Shapes[number], G>[]
          : never
}
/** The same for a pipeline, whose optional inputs may be left out. */
export type WantedOrLeftOut<I, G> = Wanted<{ readonly [N in keyof I as I[N] extends Optional ? never : N]: I[N] }, G> & {
  readonly [N in keyof I as I[N] extends Optional ? N : never]?: I[N] extends Optional<FileKind<infer Fo, infer F>>
    ?
        | Ref<
            FileKind<Fo, { readonly [K in keyof F]: F[K] extends Itself ? unknown : F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>
          >
        | undefined
    : never
}
type WantedRow<Shape, G> = Shape extends unknown
  ? {
      readonly [C in keyof Shape as Shape[C] extends Schema ? (undefined extends In<Shape[C]> ? never : C) : C]: Shape[C] extends From<
        FileKind<infer Fo, infer F>
      >
        ? Ref<FileKind<Fo, { readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>
        : Shape[C] extends Schema
          ? In<Shape[C]>
          : never
    } & {
      readonly [C in keyof Shape as Shape[C] extends Schema
        ? undefined extends In<Shape[C]>
          ? C
          : never
        : never]?: Shape[C] extends Schema ? In<Shape[C]> : never
    }
  : never
/** Resolves every fact at once. Without it TypeScript defers the work, and a chain of some fifty steps ends in TS2589. */
type Now<F> = F extends { readonly [K in keyof F]: {} | null | undefined } ? F : F
/** What comes out, with every "same as" filled in. */
export type OutputsOf<O, G> = {
  readonly [N in keyof O]: O[N] extends FileKind<infer Fo, infer F>
    ? Ref<FileKind<Fo, Now<{ readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>>
    : O[N] extends Many<FileKind<infer Fo, infer F>>
      ? Ref<Many<FileKind<Fo, Now<{ readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>>>
      : O[N] extends Optional<FileKind<infer Fo, infer F>>
        ? Ref<FileKind<Fo, Now<{ readonly [K in keyof F]: F[K] extends SameAs<infer S> ? Fact<G, S, K> : F[K] }>>>
        : O[N] extends Ref<infer K extends FileKind | Many>
          ? OutputsOf<{ readonly it: K }, G>['it']
          : O[N] extends readonly (infer R)[]
            ? readonly OutputsOf<{ readonly it: R }, G>['it'][]
            : O[N] extends Readonly<Record<string, Ref>>
              ? OutputsOf<O[N], G>
              : never
}
/** What a pipeline's body sees: "itself" becomes the name of the input. */
export type Inside<I> = {
  readonly [N in keyof I]: I[N] extends FileKind<infer Fo, infer F>
    ? Ref<FileKind<Fo, { readonly [K in keyof F]: F[K] extends Itself ? SameAs<N & string> : F[K] }>>
    : I[N] extends Many<FileKind<infer Fo, infer F>>
      ? readonly Ref<FileKind<Fo, F>>[]
      : I[N] extends Named<FileKind<infer Fo, infer F>>
        ? Readonly<Record<string, Ref<FileKind<Fo, F>>>>
        : I[N] extends Rows<infer Shapes>
          ? readonly InsideRow<Shapes[number]>[]
          : I[N] extends Optional<FileKind<infer Fo, infer F>>
            ? Ref<FileKind<Fo, { readonly [K in keyof F]: F[K] extends Itself ? SameAs<N & string> : F[K] }>> | undefined
            : never
}
type InsideRow<Shape> = Shape extends unknown
  ? {
      readonly [C in keyof Shape]: Shape[C] extends From<infer K> ? Ref<K> : Shape[C] extends Schema ? Out<Shape[C]> : never
    }
  : never
