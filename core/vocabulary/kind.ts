/** What a probe is given: the paths of a file, and the facts that it is declared to have. */
export interface Probed {
  /** The file itself; for a set of parts, the common beginning of their names. */
  readonly path: string
  readonly facts: Readonly<Record<string, unknown>>
  /** Full paths of the companions, in the kind's order. */
  readonly companions: readonly string[]
  /** Full paths of the parts by name; empty for a kind without parts. */
  readonly parts: Readonly<Record<string, string>>
  /**
   * Path of the input that the fact is `sameAs`: `file.same('reference')` is the genome that this BAM is declared to be aligned to.
   * Undefined where the file has no such fact, or that input is not available.
   */
  readonly same: (fact: string) => string | undefined
}
/** Checks a file cheaply, by its first and last blocks. @returns the fault, in words that follow the file's name; undefined when there is none */
export type Probe = (file: Probed) => Promise<string | undefined>

/** Where what is gathered is kept, and how its course is told. */
export interface GatheringPlace {
  readonly folder: string
  readonly tell: (line: string) => void
  /** Is called before a server is asked. */
  readonly online?: () => Promise<void>
}
/** The file that was made, or what is wrong, in whole sentences. */
export type GatheredFile = { readonly file: string } | { readonly faults: readonly string[] }
/** What people may give where a pipeline asks for a file of a kind, for help: `--images <folder|file>`, its meaning, and an example. */
export interface Giving {
  readonly value: string
  readonly about: string
  readonly example: string
}
/**
 * Makes a file of a kind from what people have instead, such as a folder of images: once, as long as that stays as it is.
 * @returns undefined for what is a file of the kind as it is
 */
export type Gather = (given: string, at: GatheringPlace) => Promise<GatheredFile | undefined>

/**
 * A kind of file: its format, and the facts a tool may rely on.
 * Facts are structural: a file with more facts fits a slot that asks for fewer.
 */
export interface FileKind<Format extends string = string, Facts extends object = object> {
  readonly format: Format
  readonly facts: Facts
  /** Ending of the file's name, such as '.bam'. */
  readonly extension: string
  /** Suffixes of the files that travel with it, such as '.bai'. */
  readonly companions: readonly string[]
  /** EDAM format term, such as 'format_2572'. */
  readonly edam?: string
  readonly probe?: Probe
  readonly gather?: Gather
  /** Where it is more than one file with the kind's ending. */
  readonly giving?: Giving
  /** What to do when a fact is not there, by fact: `{ sorted: 'Sort it with samtools/sort.' }`. Ends the error's message. */
  readonly hints?: Readonly<Record<string, string>>
  /** Files that may not be passed on, such as weights under a licence: nothing takes them along to others. */
  readonly stays?: true
}
/** Any number of files of one kind, in a stable order: an array of refs, or a list a step wrote. */
export interface Many<out K extends FileKind = FileKind> {
  readonly many: K
}
/** Files by name, all known when the plan is made. */
export interface Named<out K extends FileKind = FileKind> {
  readonly named: K
}
/**
 * As an output: a file that a step may leave out; steps that need it are then skipped, a `many` slot takes what is there.
 * As an input of a pipeline: a file that the caller may leave out.
 */
export interface Optional<out K extends FileKind = FileKind> {
  readonly optional: K
}

/** A fact that equals the fact of the same name on another slot. */
export interface SameAs<out Slot extends string = string> {
  readonly sameAs: Slot
}
/** A fact that says "this file itself": two files are never the same by accident. */
export interface Itself {
  readonly itself: true
}

/** As a fact: "the same as on that input". */
export const sameAs = <const Slot extends string>(slot: Slot): SameAs<Slot> => ({ sameAs: slot })
/** As a fact: "this very file", such as a reference genome. */
export const itself: Itself = { itself: true }

/**
 * Defines a kind of file.
 * @param format short name that two kinds must share to fit, such as 'bam'
 * @param shape the file on disk: its extension, its companions, how to look at it
 * @param facts what a tool may rely on; `{ parts: { first: '_1.fastq.gz', … } }` makes a set of files without a main one
 */
export const kind = <const Format extends string, const Facts extends object = {}>(
  format: Format,
  shape: {
    readonly extension: string
    readonly companions?: readonly string[]
    readonly edam?: string
    readonly probe?: Probe
    readonly gather?: Gather
    readonly giving?: Giving
    readonly hints?: Readonly<Record<string, string>>
    readonly stays?: true
  },
  facts: Facts = {} as Facts, // the default of the type parameter
): FileKind<Format, Facts> => ({ companions: [], ...shape, format, facts })
/** Any number of files of a kind: as an input, an array of refs or a list that a step wrote; as an output, a folder that the step fills. */
export const many = <K extends FileKind>(kind: K): Many<K> => ({ many: kind })
/** Files of a kind by name, all known when the plan is made: the command sees a slot by each name. */
export const named = <K extends FileKind>(kind: K): Named<K> => ({ named: kind })
/** As an output: the step may leave the file out. As an input of a pipeline: the caller may; `build` then sees undefined. */
export const optional = <K extends FileKind>(kind: K): Optional<K> => ({ optional: kind })
/** What a step may take: a sheet of rows belongs to pipelines. */
export type InKind = FileKind | Many | Named
export type InKinds = Readonly<Record<string, InKind>>
export type OutKind = FileKind | Many | Optional
/** What a step may promise: one file, one it may leave out, or a list whose length it decides while it runs. */
export type OutKinds = Readonly<Record<string, OutKind>>

export const fileOf = (kind: InKind | OutKind): FileKind =>
  'many' in kind ? kind.many : 'named' in kind ? kind.named : 'optional' in kind ? kind.optional : kind
/** A set of files that always go together and have no main one, such as the two mates of a FASTQ pair: part name → suffix. */
export const partsOf = (kind: FileKind): Readonly<Record<string, string>> | undefined =>
  'parts' in kind.facts ? (kind.facts.parts as Readonly<Record<string, string>>) : undefined // set by `kind`, see its `facts`
/** Suffixes of every file of the kind, after the common beginning of their names. */
export const suffixesOf = (kind: FileKind): readonly string[] => {
  const parts = partsOf(kind)
  return parts ? Object.values(parts) : [kind.extension, ...kind.companions.map(companion => kind.extension + companion)]
}
export const isSameAs = (fact: unknown): fact is SameAs => typeof fact === 'object' && fact !== null && 'sameAs' in fact
export const isItself = (fact: unknown): fact is Itself => typeof fact === 'object' && fact !== null && 'itself' in fact
