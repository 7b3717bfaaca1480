import { type Itself, itself, kind, type SameAs } from 'trireme-bio'
import * as imageProbes from './image-probes.ts'
import * as probes from './probes.ts'

// Facts that flow: `reference` (the genome a file belongs to), `sorted`, `indexed`. Inputs ask for the least, outputs promise the most.

type Reference = { readonly reference?: SameAs | Itself }

const gzippedFastq = { extension: '.fastq.gz', edam: 'format_1930' } as const
/** Two gzipped FASTQ files with mates in the same order. */
export const fastqPair = kind(
  'fastq-pair',
  { ...gzippedFastq, probe: probes.fastqProbe },
  { parts: { first: '_1.fastq.gz', second: '_2.fastq.gz' } },
)

/** One gzipped FASTQ file of reads without mates. */
export const fastq = kind('fastq', { ...gzippedFastq, probe: probes.singleFastqProbe })
/** What a program left of them: maybe no read. */
export const leftFastqPair = kind('fastq-pair', { ...gzippedFastq, probe: probes.leftFastqProbe }, fastqPair.facts)
export const leftFastq = kind('fastq', { ...gzippedFastq, probe: probes.leftFastqProbe })
/** The same as text, not compressed. */
export const plainFastqPair = kind(
  'plain-fastq-pair',
  { extension: '.fastq', edam: 'format_1930', probe: probes.plainFastqProbe },
  { parts: { first: '_1.fastq', second: '_2.fastq' } },
)
export const plainFastq = kind('plain-fastq', { extension: '.fastq', edam: 'format_1930', probe: probes.plainSingleFastqProbe })
/** Both mates of each pair, one after the other, in one FASTQ file, gzipped or not. */
export const interleavedFastq = kind('interleaved-fastq', { extension: '.fastq', edam: 'format_1930', probe: probes.interleavedFastqProbe })

const fastaShape = {
  extension: '.fa',
  edam: 'format_1929',
  probe: probes.fastaProbe,
  hints: {
    form: 'Bring it into one form with steps/genome/normalise.ts.',
    indexed: 'Index it with steps/samtools/faidx.ts.',
    dictionary: 'Make its dictionary with steps/genome/normalise.ts.',
  },
} as const
/** A genome as people have it: plain, gzipped or bgzipped, with any codes and lines. `normalise` brings it into one form. */
export const anyFasta = kind('fasta', { ...fastaShape, probe: probes.anyFastaProbe }, { reference: itself })
/** A reference genome in plain text: it is the reference of all that is made with it. */
export const fasta = kind('fasta', fastaShape, { reference: itself, form: 'plain' })
/** A genome with its .fai beside it. */
export const indexedFasta = <const F extends Reference>(facts: F) =>
  kind('fasta', { ...fastaShape, companions: ['.fai'] }, { ...facts, form: 'plain', indexed: 'fai' })
/**
 * An indexed genome of A, C, G, T, N alone. Beside it a .dict with the MD5 sums of its contigs as they were before, which BAM and CRAM name,
 * and a table of the bases that were others before.
 */
export const normalisedFasta = <const F extends Reference>(facts: F) =>
  kind(
    'fasta',
    { ...fastaShape, companions: ['.fai', '.dict', '.codes.tsv'] },
    { ...facts, form: 'plain', indexed: 'fai', dictionary: 'dict' },
  )
/** The five files that `bwa index` writes; tools are given the common beginning of their names. */
export const bwaIndex = <const F extends Reference>(facts: F) =>
  kind(
    'bwa-index',
    { extension: '.bwt', probe: probes.bwaIndexProbe },
    { ...facts, parts: { amb: '.amb', ann: '.ann', bwt: '.bwt', pac: '.pac', sa: '.sa' } },
  )

export type SortOrder = 'unsorted' | 'coordinate' | 'queryname'
const bamShape = {
  extension: '.bam',
  edam: 'format_2572',
  probe: probes.bamProbe,
  hints: { sorted: 'Sort it with steps/samtools/sort.ts.', indexed: 'Index it with steps/samtools/index.ts.' },
} as const
export const bam = <const F extends Reference & { readonly sorted?: SortOrder | SameAs }>(facts: F) => kind('bam', bamShape, facts)
/** Sorted by coordinate, with its .bai beside it. */
export const indexedBam = <const F extends Reference>(facts: F) =>
  kind('bam', { ...bamShape, companions: ['.bai'] }, { ...facts, sorted: 'coordinate', indexed: 'bai' })
/** Any BAM, of any order and reference. */
export const anyBam = bam({})
/** Any CRAM; its reference is needed to read it. */
export const anyCram = kind('cram', { extension: '.cram', edam: 'format_3462', probe: probes.cramProbe })

/** Binary variant records, an inner link between calling steps. */
export const bcf = <const F extends Reference>(facts: F) =>
  kind('bcf', { extension: '.bcf', edam: 'format_3020', probe: probes.bcfProbe }, facts)
const vcfShape = {
  extension: '.vcf.gz',
  edam: 'format_3016',
  probe: probes.vcfProbe,
  hints: { indexed: 'Index it with steps/bcftools/index.ts.' },
} as const
/** A VCF compressed by bgzip. */
export const vcf = <const F extends Reference>(facts: F) => kind('vcf', vcfShape, facts)
/** Sorted by coordinate, with its .tbi beside it. */
export const indexedVcf = <const F extends Reference>(facts: F) =>
  kind('vcf', { ...vcfShape, companions: ['.tbi'] }, { ...facts, indexed: 'tbi' })

/** Regions of a genome: contig, start from 0, end not included. */
export const bed = kind('bed', { extension: '.bed', edam: 'format_3003', probe: probes.bedProbe })

export const json = kind('json', { extension: '.json', edam: 'format_3464', probe: probes.jsonProbe })
export const tsv = kind('tsv', { extension: '.tsv', edam: 'format_3475' })
export const html = kind('html', { extension: '.html', edam: 'format_2331', probe: probes.htmlProbe })
export const text = kind('text', { extension: '.txt', edam: 'format_2330' })
/** A text that is shown at the end of a run. Lines that begin with "Warning: " are warnings. */
export const notice = kind('notice', { extension: '.txt', edam: 'format_2330' })

/** What `samtools markdup -f` counts. */
export const duplicateReport = kind('text', { extension: '.txt', edam: 'format_2330' }, { report: 'samtools-markdup' })
/** How many reads have no UMI: one number. */
export const barcodeReport = kind('text', { extension: '.txt', edam: 'format_2330' }, { report: 'barcodes' })
/** Depth of contigs (`samtools coverage`) or of regions (`samtools bedcov -d 1`). */
export const depthReport = kind('tsv', { extension: '.tsv', edam: 'format_3475' }, { report: 'depth' })

// Reports that MultiQC knows. A fact tells them apart, so that none is read as another.
export const fastpReport = kind('json', { extension: '.json', edam: 'format_3464', probe: probes.jsonProbe }, { report: 'fastp' })
export const flagstatReport = kind('text', { extension: '.txt', edam: 'format_2330' }, { report: 'samtools-flagstat' })
export const alignmentReport = kind('text', { extension: '.txt', edam: 'format_2330' }, { report: 'samtools-stats' })
export const variantReport = kind('text', { extension: '.txt', edam: 'format_2330' }, { report: 'bcftools-stats' })

// Images and models.

export const csv = kind('csv', { extension: '.csv', edam: 'format_3752' })
/** The annotation of an IDR study: one row an image, columns as in idr0042-experimentA-annotation.csv. */
export const studyAnnotation = kind('csv', { extension: '.csv', edam: 'format_3752' }, { table: 'study-annotation' })
/** The list of an IDR study's files: dataset and path, as in idr0042-experimentA-filePaths.tsv. */
export const studyPaths = kind('tsv', { extension: '.tsv', edam: 'format_3475' }, { table: 'study-paths' })
/** A sheet as people have it, CSV or TSV: columns for image and label, maybe for group and split, and any others. */
export const imageSheet = kind(
  'csv',
  {
    extension: '.csv',
    edam: 'format_3752',
    giving: {
      value: 'file',
      about: 'a CSV or TSV with a row an image, unless folders name the classes',
      example: 'sheet.csv',
    },
  },
  { table: 'image-sheet' },
)
const imageTableShape = {
  extension: '.tsv',
  edam: 'format_3475',
  probe: imageProbes.imageTableProbe,
  hints: { split: 'Divide it with steps/image/split.ts.' },
} as const
/** One row an image: `image group label class split scored`, and what else the sheet says; see steps/image-table.ts. */
export const imageTable = kind('tsv', imageTableShape, { table: 'images' })
/** The same, where each image has its part: train, validation or test. */
export const splitTable = kind('tsv', imageTableShape, { table: 'images', split: 'made' })
/** Images in one tar or zip, told by its content; or a folder of them, or a list of their addresses, of which a tar is made. */
export const imageArchive = kind(
  'tar',
  {
    extension: '.tar',
    edam: 'format_3981',
    probe: imageProbes.archiveProbe,
    giving: { value: 'folder|file', about: 'a folder of images, a tar, a zip, or a list of addresses', example: 'pictures' },
    gather: async (given, at) => (await import('./image/gather/gather.ts')).gather(given, at), // loaded for those who need it
  },
  { holds: 'images' },
)
/** Pairs of images that show the same: `image other kind score`. */
export const imagePairs = kind('tsv', { extension: '.tsv', edam: 'format_3475' }, { table: 'image-pairs' })
/** How images were divided, and what was checked. */
export const splitReport = kind('json', { extension: '.json', edam: 'format_3464', probe: probes.jsonProbe }, { report: 'split' })
/** Pixels of images as one NumPy array of bytes (images, height, width, 3), and what each was in the same order: `image sha256 format width height`. */
export const packedImages = kind(
  'image-pack',
  { extension: '.npy', probe: imageProbes.packedImagesProbe },
  { parts: { pixels: '.npy', index: '.tsv' }, channels: 3 },
)

/** Weights of one's own, a state_dict as `torch.save` writes it, or safetensors. Nobody says here that they may be passed on. */
export const weightsFile = kind('weights', {
  ...{ extension: '.weights', probe: probes.weightsProbe, stays: true },
  giving: { value: 'file', about: 'a state_dict of torch.save (.pt, .pth), or safetensors', example: 'weights.pt' },
})
/** Weights of a network with what is known of them, as `torch.save` writes it. */
export const checkpoint = kind('checkpoint', { extension: '.pt', probe: probes.checkpointProbe })
/** One row an image: `image group label class split scored`, then a column `probability:CLASS` for each class in order. */
export const predictions = kind('tsv', { extension: '.tsv', edam: 'format_3475' }, { table: 'predictions' })
/** A training's course: one JSON line an epoch. */
export const history = kind('history', { extension: '.jsonl', edam: 'format_3464' })
/** What is known of a trained model: architecture, options, versions, digest of its weights. */
export const modelSummary = kind('json', { extension: '.json', edam: 'format_3464', probe: probes.jsonProbe }, { report: 'model' })
/** Quality of a classifier, by image and by group, with intervals. */
export const metrics = kind('json', { extension: '.json', edam: 'format_3464', probe: probes.jsonProbe }, { report: 'classifier' })
/** Scalars for TensorBoard. */
export const tensorboardEvents = kind('tfevents', { extension: '.tfevents' })
/** A Python file of a user's own, such as one with a function that makes a network. */
export const pythonSource = kind('python', { extension: '.py' })
export const notebook = kind('notebook', { extension: '.ipynb', probe: probes.jsonProbe })
export const svg = kind('svg', { extension: '.svg', edam: 'format_3604', probe: probes.htmlProbe })
export const markdown = kind('markdown', { extension: '.md' })
