import { expect, test } from 'vitest'
import { z } from 'zod'
import { step } from '../define/step.ts'
import { tool } from '../define/tool.ts'
import { type Plan, plan } from '../graph/plan.ts'
import { run } from '../vocabulary/command.ts'
import { kind } from '../vocabulary/kind.ts'
import { gib } from '../vocabulary/quantity.ts'
import { imageFor, imageVersions, isByTag, readImageLock } from './images.ts'
import { shared } from './settings.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const contents = {
  reads: { bwa: '0.7.17', samtools: '1.16.1' },
  variants: { bcftools: '1.16', samtools: '1.16.1' },
  training: {},
  'training-cuda': {},
}
const lock = { reads: `ghcr.io/owner/trireme/reads@${digest('a')}`, 'training-cuda': `ghcr.io/owner/trireme/training-cuda@${digest('b')}` }
const settings = (images: object) => z.object(shared).parse({ images }).images
const image = (name: string, images: object) => imageFor(name, { images: settings(images), environment: 'ours', lock, contents })

test('an image of our own is the one in the lock', () => {
  expect(image('reads', {})).toBe(lock.reads)
})
test('of another registry with the same digest', () => {
  expect(image('reads', { registry: '127.0.0.1:5000', prefix: 'a/b' })).toBe(`127.0.0.1:5000/a/b/reads@${digest('a')}`)
  expect(image('reads', { registry: '127.0.0.1:5000', prefix: '' })).toBe(`127.0.0.1:5000/reads@${digest('a')}`)
})
test('by a tag, where images were built here', () => {
  expect(image('variants', { registry: 'localhost', tag: '0.1.0' })).toBe('localhost/trireme/variants:0.1.0')
})
test('swapped for one of others, as it is, or for another of ours', () => {
  const other = 'quay.io/biocontainers/bwa:0.7.17--h7132678_9'
  expect(image('reads', { swap: { reads: other } })).toBe(other)
  expect(image('mine', { swap: { mine: other } })).toBe(other)
  expect(image('training', { swap: { training: 'training-cuda' } })).toBe(lock['training-cuda'])
})
test('for a manifest that is only read, an image that was not pushed is named by its tag, and nobody else is asked for it', () => {
  const named = (name: string, images: object) =>
    imageFor(name, { images: settings(images), environment: 'ours', lock, contents, instead: '1.2.3' })
  expect(named('variants', { registry: '127.0.0.1:5000' })).toBe('127.0.0.1:5000/trireme/variants:1.2.3')
  expect(named('variants', {})).toBe('registry.invalid/trireme/variants:1.2.3')
  expect(named('reads', {})).toBe(lock.reads)
  expect(() => named('mine', {})).toThrow('Nothing says what the image "mine" is in environment "ours".')
  expect([isByTag('a/b:1'), isByTag('a/b'), isByTag(lock.reads)]).toEqual([true, true, false])
})
test('what nothing says is told, with what would', () => {
  expect(() => image('variants', {})).toThrow(
    'The image "variants" is not in images.lock, so that environment "ours" has no digest of it. Say in its settings where images are, images: { registry: REGISTRY }, then build and push them there: trireme images variants --on ours',
  )
  expect(() => image('variants', { registry: '127.0.0.1:5000' })).toThrow(
    'has no digest of it. Build and push it first: trireme images variants --on ours',
  )
  expect(() => image('mine', {})).toThrow('Nothing says what the image "mine" is in environment "ours".')
  expect(() => readImageLock({ reads: 'ghcr.io/owner/reads:1' }, 'images.lock')).toThrow(
    'images.lock is no lock of images: "reads" has "ghcr.io/owner/reads:1", and REPOSITORY@sha256:… would be right.',
  )
})

const samtools = tool({
  name: 'samtools',
  homepage: 'https://www.htslib.org',
  licence: 'MIT',
  version: { argv: ['samtools', '--version'], match: /^samtools (\S+)/m },
  accepts: '>=1.16 <2',
})
const text = kind('text', { extension: '.txt' })
const one = (name: string, image: string) =>
  step({
    name,
    image,
    tools: [samtools],
    inputs: {},
    outputs: { made: text },
    needs: { cpu: 1, memory: gib(1) },
    command: ({ made }) => run('samtools', 'version', '-o', made, name),
  })
const both: Plan = plan('both', { a: one('a', 'reads')({}).made, b: one('b', 'variants')({}).made })
const never = () => Promise.reject(new Error('nobody is to be asked'))
const versions = (images: object, ask: Parameters<typeof imageVersions>[1]['ask'] = never) =>
  imageVersions(both, { images: settings(images), contents, image: name => `image-of-${name}`, ask })

test('versions of our own images are those that the build checked', async () => {
  expect([...(await versions({}))]).toEqual([['samtools', '1.16.1']])
})
test('of swapped images they are stated, or asked for in the image', async () => {
  const swap = { reads: { reference: 'example.org/a:1', versions: { samtools: '1.16.1' } }, variants: 'example.org/b:1' }
  const asked: string[] = []
  const found = await versions({ swap }, async (reference, { name }) => {
    asked.push(`${reference} ${name}`)
    return '1.16.1'
  })
  expect([...found]).toEqual([['samtools', '1.16.1']])
  expect(asked).toEqual(['image-of-variants samtools'])
})
test('two versions of a tool in one plan, and one that a step does not accept, are told', async () => {
  await expect(versions({ swap: { reads: { reference: 'example.org/a:1', versions: { samtools: '1.19' } } } })).rejects.toThrow(
    'samtools is version 1.19 in image-of-reads, and 1.16.1 in image-of-variants: keys need one version of a tool in a plan.',
  )
  const old = { reference: 'example.org/a:1', versions: { samtools: '1.9' } }
  await expect(versions({ swap: { reads: old, variants: old } })).rejects.toThrow(
    'samtools in image-of-reads is version 1.9; >=1.16 <2 is needed.',
  )
})
