import { tool } from 'trireme-bio'

// Pinned conda versions are those of Debian 12, on which the tests run: a laptop with apt and one with conda then share every key.

export const bwa = tool({
  name: 'bwa',
  homepage: 'https://github.com/lh3/bwa',
  licence: 'GPL-3.0-or-later',
  doi: '10.1093/bioinformatics/btp324',
  biotools: 'bwa',
  version: { argv: ['bwa'], match: /^Version: (\S+)/m },
  accepts: '>=0.7.15 <0.8',
  debian: 'bwa',
  conda: 'bioconda::bwa=0.7.17',
})
export const minimap2 = tool({
  name: 'minimap2',
  homepage: 'https://github.com/lh3/minimap2',
  licence: 'MIT',
  doi: '10.1093/bioinformatics/bty191',
  biotools: 'minimap2',
  version: { argv: ['minimap2', '--version'], match: /^([0-9]\S*)/m },
  accepts: '>=2.17 <3',
  debian: 'minimap2',
  conda: 'bioconda::minimap2=2.24',
})
export const samtools = tool({
  name: 'samtools',
  homepage: 'https://www.htslib.org',
  licence: 'MIT',
  doi: '10.1093/gigascience/giab008',
  biotools: 'samtools',
  version: { argv: ['samtools', '--version'], match: /^samtools (\S+)/m },
  accepts: '>=1.16 <2',
  debian: 'samtools',
  conda: 'bioconda::samtools=1.16.1',
})
export const bcftools = tool({
  name: 'bcftools',
  homepage: 'https://www.htslib.org',
  licence: 'MIT OR GPL-3.0-or-later',
  doi: '10.1093/gigascience/giab008',
  biotools: 'bcftools',
  version: { argv: ['bcftools', '--version'], match: /^bcftools (\S+)/m },
  accepts: '>=1.15 <2',
  debian: 'bcftools',
  conda: 'bioconda::bcftools=1.16',
})
export const freebayes = tool({
  name: 'freebayes',
  homepage: 'https://github.com/freebayes/freebayes',
  licence: 'MIT',
  doi: '10.48550/arXiv.1207.3907',
  biotools: 'freebayes',
  version: { argv: ['freebayes', '--version'], match: /^version:\s+v?(\S+)/m },
  accepts: '>=1.3.2 <2',
  debian: 'freebayes',
  conda: 'bioconda::freebayes=1.3.6',
})
export const fastp = tool({
  name: 'fastp',
  homepage: 'https://github.com/OpenGene/fastp',
  licence: 'MIT',
  doi: '10.1093/bioinformatics/bty560',
  biotools: 'fastp',
  version: { argv: ['fastp', '--version'], match: /^fastp v?(\S+)/m },
  accepts: '>=0.23 <2',
  debian: 'fastp',
  conda: 'bioconda::fastp=0.23.2',
})
export const multiqc = tool({
  name: 'multiqc',
  homepage: 'https://multiqc.info',
  licence: 'GPL-3.0-or-later',
  doi: '10.1093/bioinformatics/btw354',
  biotools: 'multiqc',
  version: { argv: ['multiqc', '--version'], match: /^multiqc, version (\S+)/m },
  accepts: '>=1.14 <2',
  debian: 'multiqc',
  conda: 'bioconda::multiqc=1.14',
})
/** Bioconda counts its releases as 1.1.14, the program itself and Debian as 0.1.14. */
export const dwgsim = tool({
  name: 'dwgsim',
  homepage: 'https://github.com/nh13/DWGSIM',
  licence: 'GPL-2.0-or-later',
  version: { argv: ['dwgsim'], match: /^Version: (\S+)/m },
  accepts: '>=0.1.13 <0.2',
  debian: 'dwgsim',
  conda: 'bioconda::dwgsim=1.1.14',
})
/** Runs the steps that are scripts. Only the major version is part of a key: a script's result does not follow Node's patches. */
export const node = tool({
  name: 'node',
  homepage: 'https://nodejs.org',
  licence: 'MIT',
  version: { argv: ['node', '--version'], match: /^v(\d+)/m },
  accepts: '>=20',
  conda: 'conda-forge::nodejs=20',
})
/**
 * Python with torch and numpy. Python itself, torch and numpy all have a say in the weights of a network, so the versions of all three are
 * one version here, and in the key. Another python3 may come first on PATH (pyenv): the first that has the modules is taken.
 */
export const torch = tool({
  name: 'torch',
  program: 'python3',
  homepage: 'https://pytorch.org',
  licence: 'BSD-3-Clause',
  doi: '10.1145/3620665.3640366',
  version: {
    argv: [
      'python3',
      '-c',
      'import sys, torch, numpy; print(f"torch {torch.__version__}, numpy {numpy.__version__}, python {sys.version.split()[0]}")',
    ],
    match: /^torch (\S+, numpy \S+, python \S+)/m,
  },
  accepts: '>=1.13 <3',
  debian: 'python3-torch python3-numpy',
  conda: 'conda-forge::pytorch=1.13.1 conda-forge::numpy=1.24.2',
})
const libraryVersion = (name: string) =>
  ({ argv: ['python3', '-c', `import ${name}; print("${name}", ${name}.__version__)`], match: new RegExp(`^${name} (\\S+)`, 'm') }) as const
/** Networks by name, beside torch, for who asks for one. None of their weights is downloaded. */
export const torchvision = tool({
  name: 'torchvision',
  program: 'python3',
  homepage: 'https://pytorch.org/vision',
  licence: 'BSD-3-Clause',
  version: libraryVersion('torchvision'),
  accepts: '>=0.13 <1',
  debian: 'python3-torchvision',
  conda: 'conda-forge::torchvision=0.14.1',
})
/** Likewise, and more of them. */
export const timm = tool({
  name: 'timm',
  program: 'python3',
  homepage: 'https://github.com/huggingface/pytorch-image-models',
  licence: 'Apache-2.0',
  doi: '10.5281/zenodo.4414861',
  version: libraryVersion('timm'),
  accepts: '>=0.6 <2',
  conda: 'conda-forge::timm=0.9.2',
})
/** Python with what runs notebooks, and torch for those that train. */
export const jupyter = tool({
  name: 'jupyter',
  program: 'python3',
  homepage: 'https://jupyter.org',
  licence: 'BSD-3-Clause',
  version: {
    argv: [
      'python3',
      '-c',
      'import sys, nbclient, nbconvert, ipykernel, torch, numpy; print(f"jupyter {nbclient.__version__}, nbconvert {nbconvert.__version__}, ipykernel {ipykernel.__version__}, torch {torch.__version__}, numpy {numpy.__version__}, python {sys.version.split()[0]}")',
    ],
    match: /^jupyter (.*\S)/m,
  },
  accepts: '>=0.7 <1',
  debian: 'python3-nbclient python3-nbconvert python3-ipykernel python3-torch python3-numpy',
  conda:
    'conda-forge::nbclient=0.7.2 conda-forge::nbconvert=6.5.3 conda-forge::ipykernel=6.17.0 conda-forge::pytorch=1.13.1 conda-forge::numpy=1.24.2',
})
/**
 * The library that encodes and decodes PNGs, asked of Node as a program is: its native code stays outside a script's bundle. Looked for from
 * this module, so that it is the one that came with the package. Its own version and libvips': a PNG's bytes follow both, its pixels neither.
 */
export const sharp = tool({
  name: 'sharp',
  program: 'node',
  homepage: 'https://sharp.pixelplumbing.com',
  licence: 'Apache-2.0',
  version: {
    argv: [
      'node',
      '--print',
      "const { sharp, vips } = require('node:module').createRequire(process.argv[1])('sharp').versions; 'sharp ' + sharp + '+vips' + vips",
      import.meta.url,
    ],
    match: /^sharp (\S+)/m,
  },
  accepts: '>=0.34 <1',
})
