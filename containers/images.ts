/** Container images by what they are for. Steps name them; `images.lock`, written when they are pushed (`trireme images`), says which repository and digest each one is. */
export const images = {
  /** From reads to sorted, marked alignments. */
  reads: 'reads',
  /** From alignments to normalised, filtered calls. */
  variants: 'variants',
  /** Reports over many samples. */
  reports: 'reports',
  /** Training and validation of networks, on processors. */
  training: 'training',
  /** The same on NVIDIA's GPUs: an environment takes it in place of `training`. */
  trainingCuda: 'training-cuda',
  /** Jupyter notebooks. */
  notebooks: 'notebooks',
  /** From study tables and images to packed pixels. */
  imaging: 'imaging',
} as const

/** Tools and versions that an image must hold: the build checks them, and keys of work done in the image are made with them. */
export const contents: Readonly<Record<(typeof images)[keyof typeof images], Readonly<Record<string, string>>>> = {
  reads: { bwa: '0.7.17-r1188', minimap2: '2.24-r1122', samtools: '1.16.1', fastp: '0.23.2', dwgsim: '0.1.14-2', node: '20' },
  variants: { bcftools: '1.16', samtools: '1.16.1', freebayes: '1.3.6', node: '20' },
  reports: { multiqc: '1.14' },
  training: { torch: '1.13.0a0, numpy 1.24.2, python 3.11.2', node: '20' },
  // Never built where this was written, since the vendor's image was out of reach: the first build says where a version is another.
  'training-cuda': { torch: '2.7.1+cu128, numpy 2.2.6, python 3.11.13', node: '20' },
  notebooks: { jupyter: '0.7.2, nbconvert 6.5.3, ipykernel 6.17.0, torch 1.13.0a0, numpy 1.24.2, python 3.11.2' },
  imaging: { node: '20', sharp: '0.35.5+vips8.18.7' },
}
