import { z } from 'zod'
import { contigName } from './contigs.ts'

/** A stretch of one contig: first and last base, counted from 1, both included. */
export interface Interval {
  readonly contig: string
  readonly start: number
  readonly end: number
}
/** Contig names may hold colons (GRCh38 has `HLA-A*01:01:01:01`), so the last one splits. */
function parsed(text: string): Interval | undefined {
  const [, name = '', start = '', end = ''] = /^(.*):([0-9]{1,10})-([0-9]{1,10})$/.exec(text) ?? []
  const interval = { contig: name, start: Number(start), end: Number(end) }
  return contigName.test(name) && interval.start >= 1 && interval.start <= interval.end ? interval : undefined
}

/**
 * A region as samtools and bcftools write it, `contig:start-end`: counted from 1, both ends included.
 * Stays text, so that a parsed one can be given on; `intervalOf` and `zeroBased` print it in other tools' forms.
 */
export const region = z
  .string()
  .refine(text => parsed(text) !== undefined, 'expected contig:start-end with 1 ≤ start ≤ end, such as chr20:1-5000000')
  .brand<'Region'>()
export type Region = z.output<typeof region>

/** The parts of a region, for tools that take a table: contig, first and last base, from 1. */
export function intervalOf(region: Region): Interval {
  return parsed(region)! // the brand says that it was parsed once
}
/** The region as freebayes writes it: start counted from 0, end not included. */
export function zeroBased(region: Region): string {
  const { contig, start, end } = intervalOf(region)
  return `${contig}:${start - 1}-${end}`
}

/**
 * Name of a sample, patient or lane. It becomes part of file names, of read groups and of VCF columns,
 * so it is held to what all of these carry unchanged.
 */
export const sampleName = z
  .string()
  .regex(
    /^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$/,
    'expected 1 to 100 letters, digits, dots, hyphens or underscores, the first a letter or digit, such as NA12878_lane1',
  )

/** Name of a row in reports: a sample, or several names joined by colons, which none of them can hold. */
export const reportName = z
  .string()
  .refine(
    text => text.split(':').every(name => sampleName.safeParse(name).success),
    'expected names of samples, joined by colons, such as NA12878:lane1',
  )

/** Values of PL in the SAM specification (section 1.3). */
export const platforms = [
  'CAPILLARY',
  'DNBSEQ',
  'ELEMENT',
  'HELICOS',
  'ILLUMINA',
  'IONTORRENT',
  'LS454',
  'ONT',
  'PACBIO',
  'SINGULAR',
  'SOLID',
  'ULTIMA',
] as const
export const platform = z.enum(platforms)

/** Aligners read `\t` and `\n` in the text of a read group as tab and newline, so a backslash is refused along with the real ones. */
const tagValue = z
  .string()
  .regex(/^[!-[\]-~]([ -[\]-~]*[!-[\]-~])?$/, 'expected printable ASCII without tab, newline, backslash or spaces at its ends')

/** A read group, by the tags of the SAM specification (section 1.3). */
export const readGroup = z.strictObject({
  ID: tagValue.describe('Unique name of the read group, such as patient:sample:lane'),
  SM: sampleName.describe('Sample: the column of the VCF'),
  LB: tagValue.optional().describe('Library: duplicates are looked for within one'),
  PL: platform.optional().describe('Sequencing platform'),
  PU: tagValue.optional().describe('Platform unit, such as flowcell:lane'),
})
export type ReadGroup = z.output<typeof readGroup>

/** A mark for labels: the ID's words, which colons join, a sample named as its patient said once. */
export const readGroupTag = ({ ID }: ReadGroup): string =>
  ID.split(':')
    .filter((word, n, words) => word !== words[n - 1])
    .join('.')

/** The read group as one argument of `-R`: bwa and minimap2 turn the two characters `\t` into a tab. */
export const readGroupLine = (group: ReadGroup): string =>
  ['@RG', ...Object.entries(group).flatMap(([tag, value]) => (value === undefined ? [] : [`${tag}:${value}`]))].join('\\t')

/** Networks that steps/torch/networks.py brings along. */
export const models = ['nirschl', 'resnet18', 'mobilenet_v3_small'] as const
const otherModel = /^(own:[A-Za-z_]\w*|(torchvision|timm):\w[\w.-]*)$/
/** A network by name; `own:FUNCTION` for a function of a Python file of one's own; `torchvision:NAME` and `timm:NAME` where these are installed. */
export const modelName = z.string().refine(text => (models as readonly string[]).includes(text) || otherModel.test(text), {
  error: ({ input }) => {
    const near = typeof input === 'string' ? models.find(name => likeness(name, input) > 0.4) : undefined
    return `unknown model.${near ? ` Did you mean "${near}"?` : ''} There are ${models.join(', ')}, and own:FUNCTION for a function of your own; torchvision:NAME and timm:NAME where these libraries are installed`
  },
})
/** Share of the pairs of neighbouring letters that two words have in common (Dice). */
function likeness(one: string, other: string): number {
  const pairs = (text: string) => [...text.toLowerCase()].slice(1).map((letter, n) => `${text.toLowerCase()[n]}${letter}`)
  const [a, b] = [pairs(one), pairs(other)]
  return (2 * a.filter(pair => b.includes(pair)).length) / Math.max(a.length + b.length, 1)
}
/** Ways to change patches in training: what each is, says steps/torch/augmentation.py. */
export const augmentations = ['d4', 'hflip', 'stain', 'jitter', 'crop'] as const
export const augmentation = z.string().refine(
  text => {
    const words = text.split('+')
    const known = words.every(word => (augmentations as readonly string[]).includes(word))
    return text === 'none' || (known && new Set(words).size === words.length)
  },
  { error: `expected none, or some of ${augmentations.join(', ')}, each once, joined by "+", such as d4+stain or hflip+jitter` },
)
/** Where a network runs: a parameter, hence in the key, since results differ between devices. */
export const device = z.string().regex(/^(cpu|cuda(:[0-9]+)?)$/, 'expected cpu, cuda or cuda:0')

const machine = {
  device: device.default('cpu').describe('Where networks run: cpu, or cuda with a GPU'),
  threads: z.int().min(1).default(1).describe('Threads of torch; results are the same to the bit only with the same number'),
  layout: z.enum(['channels-last', 'contiguous']).default('channels-last').describe('Layout of images in memory; changes speed'),
  amp: z.enum(['none', 'bfloat16', 'float16']).default('none').describe('Mixed precision'),
  compile: z.boolean().default(false).describe('Compile the network, from torch 2 on'),
}
/** Parameters of steps/torch/validate.ts. */
export const validation = {
  model: modelName.default('nirschl').describe(`Network: ${models.join(', ')}, own:FUNCTION of --own, torchvision:NAME or timm:NAME`),
  grid: z.int().min(1).max(50).default(2).describe('An image is judged by grid x grid patches, spread evenly; 1: its centre'),
  ...machine,
}
/** Parameters of steps/torch/train.ts; the defaults are those of docs/reference/idr-classification.md. */
export const training = {
  ...validation,
  augment: augmentation
    .default('d4+stain')
    .describe(`How patches are changed in training: none, or ${augmentations.join(', ')} joined by "+"`),
  sampling: z.enum(['as-is', 'balanced']).default('as-is').describe('Images of an epoch; balanced: each class as often'),
  classWeights: z.enum(['none', 'balanced']).default('none').describe('Weights of the classes in the loss; balanced: rare ones count more'),
  labelSmoothing: z.number().min(0).lt(1).default(0).describe('Share of the target that is spread over all classes'),
  frozen: z.boolean().default(false).describe('Train the head alone, above weights of your own: features are computed once an image'),
  weightsLicence: z.string().default('').describe('Licence of the weights of your own, for the record'),
  weightsSource: z.string().default('').describe('Where the weights of your own are from, for the record'),
  epochs: z.int().min(1).default(8).describe('Passes over the training images'),
  patience: z
    .int()
    .min(0)
    .default(0)
    .describe('Epochs without a smaller loss of the validation part after which training stops, and keeps its best; 0: never'),
  batch: z.int().min(2).default(32).describe('Patches in a step of the optimizer'),
  lr: z.number().gt(0).default(0.003).describe('Largest learning rate'),
  schedule: z.enum(['cosine', 'constant', 'step']).default('cosine').describe('Course of the learning rate'),
  warmup: z.int().min(0).default(20).describe('Steps in which the learning rate rises'),
  weightDecay: z.number().min(0).default(0.0001).describe('Weight decay of AdamW'),
  patch: z.int().min(8).default(64).describe('Side of a patch in pixels'),
  patches: z.int().min(1).default(4).describe('Random patches of each image in an epoch'),
  seed: z.int().min(0).default(0).describe('Start of the random numbers of training'),
  workers: z.int().min(0).default(0).describe('Threads that make batches; they change speed alone'),
  checkpointEvery: z.int().min(1).default(1).describe('Epochs between checkpoints from which a killed training goes on'),
}
