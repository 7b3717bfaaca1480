import { expect, test } from 'vitest'
import { csvLine, markdownText } from './markup.ts'

test.each([
  ['resnet_18-a.2', 'resnet_18-a.2'],
  ['<img src=x onerror=alert(1)>', '\\<img src=x onerror=alert(1)\\>'],
  ['[here](https://x)', '\\[here\\](https://x)'],
  ['![](x) **bold** _it_ `code` ~~no~~ $x$', '\\!\\[\\](x) \\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~ \\$x\\$'],
  ['a | b\n# c', 'a \\| b # c'],
  ['# title', '\\# title'],
  ['- item', '\\- item'],
  ['1. item', '1\\. item'],
  ['2) item', '2\\) item'],
  ['1.13.0a0', '1.13.0a0'],
  ['0.001', '0.001'],
  ['a\\*b &amp; c', 'a\\\\\\*b \\&amp; c'],
  ['a\u202eb\u0000c', 'a b c'],
])('%j is text in Markdown', (text, written) => {
  expect(markdownText(text)).toBe(written)
})
test('what a spreadsheet would take for a formula is text; numbers stay', () => {
  expect(csvLine(['=1+1', '+cmd', '-x', '@sum', '\tx', '-0.5', -2, '1e-3', 'a-b=c'])).toBe(
    "'=1+1,'+cmd,'-x,'@sum,'\tx,-0.5,-2,1e-3,a-b=c\n",
  )
})
test('a cell holds what it is given', () => {
  expect(csvLine(['a "b", c', 'd\ne', 'f\rg', '=HYPERLINK("x","y")'])).toBe('"a ""b"", c","d\ne","f\rg","\'=HYPERLINK(""x"",""y"")"\n')
})
