import { fileURLToPath } from 'node:url'
import type { Dataset } from 'trireme-bio'
import { genome, lanes, make, samples } from './make.ts'

export const lambda = {
  name: 'lambda',
  title: 'Lambda phage, two simulated samples',
  about:
    'The real genome of the phage (48,502 bases) with 240 SNPs and 80 indels a sample, half of them in both, and 25-fold reads from two lanes each',
  source:
    'Genome: NC_001416.1 (Sanger et al. 1982, doi:10.1016/0022-2836(82)90546-0), byte for byte as in the examples of bowtie2 2.5. Reads and truth: made by the pipeline simulate-reads',
  licence: 'Genome: public domain, NCBI places no restrictions on the use of GenBank records. Reads and truth: Apache-2.0',
  files: {
    /** Runs of four equal bases or more, with the base before each: there stands the POS of an indel in the run. A stratum of the accuracy. */
    'homopolymers.bed': {
      sha256: '710ce2abba889f82250832386c4be8f99b181217d7a55d65bfc311dab99d50ef',
      bytes: 28050,
      path: fileURLToPath(new URL('./homopolymers.bed', import.meta.url)),
    },
    'NC_001416.fa': { sha256: genome.sha256, bytes: 49270, path: genome.url },
    'haplotypes/phage1.fa': { sha256: '053175bcc39e7581c11edef6dbc144f11898129fa8a38e0bf212acfa4954e118', bytes: 49240 },
    'haplotypes/phage2.fa': { sha256: '30e5b1bc4237c88a39bdf0e2ab7aba3735c11c88be18629954edbd753e100109', bytes: 49210 },
    'reads/phage1_L1_1.fastq.gz': { sha256: 'e66416b3b09e4ef39a7bc35151656ed47b8fb8e414cce4c8a3db55a4f400b926', bytes: 850331 },
    'reads/phage1_L1_2.fastq.gz': { sha256: '9b4d67205137cb7d933201c588d01b4275b71a80ef7cd16455fc7be8137c0da0', bytes: 850331 },
    'reads/phage1_L2_1.fastq.gz': { sha256: '1859b465f410780787a51119abc381718be42ea0eef74f1c57b4acc41222b9de', bytes: 850361 },
    'reads/phage1_L2_2.fastq.gz': { sha256: '2c2638eed818a4bcb61197534ab22e6f461b28bf27d4160c3bfe1fc7991783ee', bytes: 850361 },
    'reads/phage2_L1_1.fastq.gz': { sha256: 'f7241cf8d0cd67bcf24a54a0a59c12ee465103f5f1e923258c7c4d648201fcdd', bytes: 850127 },
    'reads/phage2_L1_2.fastq.gz': { sha256: '2648b23486280705b069731ce0cc51c1c60d762796dc0d3231cc7deae744a634', bytes: 850127 },
    'reads/phage2_L2_1.fastq.gz': { sha256: '596c3f5a2fd91f9f707bee74dce298e7a5e9c5fa5cc4956694ec0223d6abe07c', bytes: 850109 },
    'reads/phage2_L2_2.fastq.gz': { sha256: 'cf5cd3735e67fedaae88c367680eef96e5de620cd4e541a13991c16402b07ac4', bytes: 850109 },
    'truth/phage1.vcf.gz': { sha256: 'ebcbbfc9333b91c09c0931155a4c9666bdda014d5848057aa1a40a12253548e5', bytes: 21972 },
    'truth/phage2.vcf.gz': { sha256: 'ef38ff9ff9d5e51c992ff0fa2506c7bda0e390847a1faac5fa4d40a3096db508', bytes: 21937 },
  },
  counts: {
    contigs: 1,
    bases: 48502,
    samples: samples.length,
    lanes: samples.length * lanes,
    pairs: 12126,
    snps: 480,
    indels: 160,
    homopolymers: 709,
  },
  make,
} satisfies Dataset
