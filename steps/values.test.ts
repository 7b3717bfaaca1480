import { intervalOf, platforms, readGroup, readGroupLine, readGroupTag, region, sampleName, zeroBased } from 'trireme-bio/values'
import { describe, expect, it } from 'vitest'

describe('region', () => {
  it.each([
    ['chr20:1-5000000', 'chr20', 1, 5000000],
    ['HLA-A*01:01:01:01:5-10', 'HLA-A*01:01:01:01', 5, 10],
    ['gi|9626243|ref|NC_001416.1|:24001-48502', 'gi|9626243|ref|NC_001416.1|', 24001, 48502],
  ])('%s splits at the last colon', (text, contig, start, end) => {
    expect(intervalOf(region.parse(text))).toEqual({ contig, start, end })
  })
  it('is printed from 0 for freebayes', () => {
    expect(zeroBased(region.parse('HLA-A*01:01:01:01:5-10'))).toBe('HLA-A*01:01:01:01:4-10')
  })
  it.each([
    '',
    'chr1',
    'chr1:5',
    'chr1:0-5',
    'chr1:6-5',
    'chr1:-5',
    ':1-5',
    'a b:1-5',
    'a\n:1-5',
    '*:1-5',
    '=x:1-5',
    'chr1:1,000-2,000',
    'a,b:1-5',
    'a"b:1-5',
  ])('refuses %j', text => {
    const { error } = region.safeParse(text)
    expect(error?.issues[0]?.message).toBe('expected contig:start-end with 1 ≤ start ≤ end, such as chr20:1-5000000')
  })
  it('is text still, so that a parsed one can be given on', () => {
    const parsed = region.parse('chr1:1-5')
    expect(region.parse(parsed)).toBe('chr1:1-5')
  })
})
describe('sampleName', () => {
  it.each(['NA12878', 'NA12878_lane1', '0', 'a.b-c'])('takes %j', name => expect(sampleName.parse(name)).toBe(name))
  it.each(['', ' a', 'a b', "a'b", 'a"b', 'a;b', '$(x)', '{{x}}', 'a\nb', '-a', 'ä', '../a', 'a/b', 'a|b', '.a', 'a'.repeat(101)])(
    'refuses %j',
    name => {
      expect(sampleName.safeParse(name).error?.issues[0]?.message).toBe(
        'expected 1 to 100 letters, digits, dots, hyphens or underscores, the first a letter or digit, such as NA12878_lane1',
      )
    },
  )
})
describe('readGroup', () => {
  it('is one argument with the two characters \\t between its fields', () => {
    const group = readGroup.parse({ ID: 'p.s.1', SM: 's', LB: 'lib 1', PL: 'ILLUMINA', PU: 'flow{cell}.1' })
    expect(readGroupLine(group)).toBe('@RG\\tID:p.s.1\\tSM:s\\tLB:lib 1\\tPL:ILLUMINA\\tPU:flow{cell}.1')
  })
  it('leaves out what is not given', () => expect(readGroupLine(readGroup.parse({ ID: 'x', SM: 's' }))).toBe('@RG\\tID:x\\tSM:s'))
  it.each(['a\tb', 'a\nb', 'a\\tb', 'a\\b', '', ' a', 'a ', 'ä'])('refuses the value %j', value => {
    const message = 'expected printable ASCII without tab, newline, backslash or spaces at its ends'
    expect(readGroup.safeParse({ ID: value, SM: 's' }).error?.issues[0]?.message).toBe(message)
  })
  it('has a tag without the repetition of a sample named as its patient', () => {
    expect(readGroupTag({ ID: 'sample1:sample1:L1', SM: 'sample1' })).toBe('sample1.L1')
    expect(readGroupTag({ ID: 'p1:tumour:L1', SM: 'tumour' })).toBe('p1.tumour.L1')
  })
  it('knows the platforms of the SAM specification', () => {
    expect(platforms).toContain('ILLUMINA')
    expect(readGroup.safeParse({ ID: 'x', SM: 's', PL: 'illumina' }).success).toBe(false)
  })
})
