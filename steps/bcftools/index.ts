import { mib, run, sameAs, sequence, step } from 'trireme-bio'
import { images } from 'trireme-bio/images'
import { indexedVcf, vcf } from 'trireme-bio/kinds'
import { bcftools } from 'trireme-bio/tools'

export const index = step({
  name: 'bcftools-index',
  about: 'Index variants sorted by coordinate',
  edam: ['operation_0227'],
  tools: [bcftools],
  image: images.variants,
  inputs: { calls: vcf({}) },
  outputs: { indexed: indexedVcf({ reference: sameAs('calls') }) },
  needs: { cpu: 1, memory: mib(256) },
  // The index must lie beside its file, so the file is cloned; on file systems that can, that copies nothing.
  command: ({ calls, indexed }) => sequence(run('cp', '--reflink=auto', calls, indexed), run('bcftools', 'index', '--tbi', indexed)),
})
