import { expect, test } from 'vitest'
import { endOfJpeg } from './jpeg.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
test('a JPEG ends at its mark, which neither its segments nor its scans hold', () => {
  const head = 'ffd8 ffe1 0004 ffd9' // a segment with what looks like an end
  const scan = 'ffda 0003 01 12 ff00 34 ffd3 56 ff00'
  const more = 'ffff c4 0004 ffd9' // filled up before its mark, as between the scans of a progressive one
  expect(endOfJpeg(bytes(`${head} ${scan} ffd9`))).toBe(24)
  expect(endOfJpeg(bytes(`${head} ${scan} ${more} ${scan} ffd9 ffd9 00`))).toBe(45)
  for (const cut of ['', 'ff', `ffda 0003`]) expect(endOfJpeg(bytes(`${head} ${scan} ${cut}`))).toBeUndefined()
})
