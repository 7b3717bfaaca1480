import { expect, test } from 'vitest'
import type { Tool } from '../vocabulary/tool.ts'
import { tool } from './tool.ts'

const good: Tool = {
  name: 'seqkit',
  homepage: 'https://bioinf.shenwei.me/seqkit',
  licence: 'MIT',
  version: { argv: ['seqkit', 'version'], match: /v(\S+)/ },
  accepts: '>=2.3 <3',
}
test('a declaration that is right is given back', () => {
  expect(tool(good)).toBe(good)
  for (const accepts of ['*', '>=1.16 <2', '^1.2.3', '1.x', '>=1.2 <2 || >=3', '1.2 - 1.4'])
    expect(tool({ ...good, accepts }).accepts).toBe(accepts)
  tool({ ...good, doi: '10.1371/journal.pone.0163962', debian: 'seqkit libc++1', conda: 'bioconda::seqkit=2.3.1 conda-forge::zlib=1.2.*' })
})
const version = (match: unknown, argv: unknown = ['seqkit', 'version']) => ({ version: { argv, match } })
test.each<readonly [string, object, string]>([
  ['no licence', { licence: undefined }, 'licence: Invalid input: expected string, received undefined.'],
  ['a misspelt field', { acepts: '>=1' }, '"acepts" is no field of a tool. Did you mean "accepts"?'],
  ['a name with a space', { name: 'seq kit' }, 'name: is no name of a program: letters, digits, ".", "_", "+" and "-".'],
  ['a pattern without a group', version(/v\S+/), 'version.match: needs one group, in brackets, around the version'],
  ['a pattern with two groups', version(/(seqkit) v(\S+)/), 'version.match: needs one group, in brackets'],
  ['a pattern as text', version('v(.+)'), 'version.match: is no regular expression. Write /^samtools (\\S+)/m, without quotes.'],
  ['a pattern that remembers', version(/v(\S+)/g), 'version.match: has the flag g or y'],
  [
    'no words for the version',
    version(/v(\S+)/, []),
    "version.argv: is empty. Give the words that print the version: ['samtools', '--version'].",
  ],
  ['a range that is none', { accepts: 'two' }, 'accepts: is no range of versions. Write it as ">=1.16 <2".'],
  ['a range with a comma', { accepts: '>=1.16, <2' }, 'accepts: is no range of versions.'],
  ['an empty range', { accepts: '' }, 'accepts: is no range of versions.'],
  ['a conda package without its version', { conda: 'bioconda::seqkit' }, 'conda: is no pinned package: channel::name=version'],
  ['a DOI as an address', { doi: 'https://doi.org/10.1/x' }, 'doi: is no DOI: it begins with "10."'],
])('%s', (_, change, words) => {
  const declare = () => tool({ ...good, ...change } as Tool) // what a file that nobody compiled may say
  expect(declare).toThrow(words)
  expect(declare).toThrow(/^(Tool "seqkit"|Tool "seq kit") is not declared as it should be\. .* A whole one: tool\(\{/)
})
test('nothing at all', () => {
  expect(() => tool(undefined as never)).toThrow('A tool is not declared as it should be. the declaration: Invalid input')
})
