import { describe, expect, it } from 'vitest'
import { tableText } from '../../image-table.ts'
import { Fault } from '../../script.ts'
import type { Columns } from './columns.ts'
import { understood } from './layout.ts'
import type { LeftOut } from './left-out.ts'
import { tableOf } from './table.ts'

type Place = string | { readonly link: string }
interface Asked extends Partial<Columns>, Partial<LeftOut> {
  readonly positive?: string
}
const outcome = (
  text: string | Buffer | undefined,
  places: readonly Place[],
  { positive, absent = 'refuse', classes = [], ...asked }: Asked = {},
) => {
  const members = places.flatMap(place => (typeof place === 'string' ? { place } : []))
  const links = places.flatMap(place => (typeof place === 'string' ? [] : { place: place.link }))
  const columns = { image: 'image', label: 'label', group: undefined, split: undefined, ...asked }
  const { rows, told } = tableOf(text === undefined ? undefined : Buffer.from(text), { members, links }, columns, {
    positive,
    absent,
    classes,
  })
  return { rows: tableText(rows).trimEnd().split('\n'), told: told.join('\n') }
}
const six = ['a1.png', 'a2.png', 'a3.png', 'b1.png', 'b2.png', 'b3.png']
const plain = `image,label\n${six.map(name => `${name},${name[0] === 'a' ? 'sick' : 'healthy'}\n`).join('')}`
const refused = (text: string | Buffer | undefined, places: readonly Place[] = six, asked: Asked = {}) => {
  try {
    outcome(text, places, asked)
    return 'nothing'
  } catch (error) {
    return error instanceof Fault ? error.message : error
  }
}

describe('a sheet becomes a table', () => {
  it('of two columns: classes in natural order, the last of two positive, each image a group', () => {
    expect(outcome(plain, six)).toEqual({
      rows: [
        'image\tgroup\tlabel\tclass\tsplit\tscored',
        ...six.map(name => `${name}\t${name}\t${name[0] === 'a' ? '1\tsick' : '0\thealthy'}\t\t1`),
      ],
      told: '',
    })
    expect(outcome(plain, six, { positive: 'healthy' }).rows[1]).toBe('a1.png\ta1.png\t0\tsick\t\t1')
    const grades = six.map((name, n) => `${name},grade ${[10, 2, 1][n % 3]}\n`)
    expect(
      outcome(`image,label\n${grades.join('')}`, six)
        .rows.slice(1, 4)
        .map(row => row.split('\t').slice(2, 4)),
    ).toEqual([
      ['2', 'grade 10'],
      ['1', 'grade 2'],
      ['0', 'grade 1'],
    ])
  })
  it('with groups, parts in other words, and further columns, as a spreadsheet of Windows saves it', () => {
    const lines = six.map(
      (name, n) => `${n % 2};p${n >> 1};img\\${name};${n < 3 ? 'A' : 'B'};${['Training', 'VAL', 'test'][n >> 1]};"a ""b""\tc"`,
    )
    const text = Buffer.from(`\ufeff"scored";Patient;File;Class;Use;note\r\n${lines.join('\r\n')}\r\n;;;;;\r\n`, 'utf16le')
    const { rows, told } = outcome(
      text,
      six.map(name => `top/img/${name}`),
      {
        image: 'File',
        label: 'Class',
        group: 'Patient',
        split: 'Use',
      },
    )
    expect(rows.slice(0, 2)).toEqual([
      'image\tgroup\tlabel\tclass\tsplit\tscored\tscored (sheet)\tnote',
      'img/a1.png\tp0\t0\tA\ttrain\t1\t0\ta "b" c',
    ])
    expect(told).toBe('Parts of images: "Training" was read as train (2 images), "VAL" was read as validation (2 images).')
  })
  it('with names without folders or endings, in another spelling of their letters, or as addresses', () => {
    const names = ['pra\u0308parat', 'x/b.png', 'https://example.org/set%201/c.png?v=1', 'd.png', './e.png', 'f.v1']
    const places = ['präparat.png', 'top/x/b.png', 'top/y/b.png', 'example.org/set 1/c.png?v=1', 'z/d.png', 'e.png', 'f.v1.png']
    const { rows } = outcome(`label\timage (, or ;)\n${names.map((name, n) => `${n % 2}\t${name}\n`).join('')}`, places, {
      image: 'image (, or ;)',
    })
    expect(rows.slice(1).map(row => row.split('\t')[0])).toEqual([
      'präparat',
      'x/b.png',
      'example.org/set 1/c.png?v=1',
      'd.png',
      './e.png',
      'f.v1',
    ])
  })
  it('with paths that start elsewhere, on any system', () => {
    const names = ['/data/set/x/1.png', 'C:\\set\\x\\2.png', '../set/x/3.png', 'set/x/4.png']
    const places = [1, 2, 3, 4].map(n => `x/${n}.png`)
    const { rows } = outcome(`image,label\n${names.map((name, n) => `${name},${n % 2}\n`).join('')}`, places)
    expect(rows.slice(1).map(row => row.split('\t')[0])).toEqual(['x/1.png', 'x/2.png', 'x/3.png', 'set/x/4.png'])
  })
  it('with images that have no part yet, among others', () => {
    const text = `image,label,split\n${six.map((name, n) => `${name},${name[0]},${n % 3 === 2 ? '' : 'train'}\n`).join('')}`
    const { rows, told } = outcome(text, six)
    expect(rows[3]).toBe('a3.png\ta3.png\t0\ta\t\t1')
    expect(told).toBe('2 images of 6 have no part: they are divided anew among train, validation, test.')
  })
})
describe('folders become a table', () => {
  it('as classes, below whatever is common to them', () => {
    const { rows, told } = outcome(undefined, ['set/dog/1.jpg', 'set/dog/2.jpg', 'set/cat/1.jpg', 'set/cat/2.TIF', 'set/README.md'])
    expect(rows.slice(1)).toEqual([
      'set/cat/1.jpg\tset/cat/1.jpg\t0\tcat\t\t1',
      'set/cat/2.TIF\tset/cat/2.TIF\t0\tcat\t\t1',
      'set/dog/1.jpg\tset/dog/1.jpg\t1\tdog\t\t1',
      'set/dog/2.jpg\tset/dog/2.jpg\t1\tdog\t\t1',
    ])
    expect(told).toBe('1 file with other names than images have was passed over: "set/README.md".')
  })
  it('as parts and classes', () => {
    const places = ['TRAIN', 'valid', 'test'].flatMap(part => ['cat', 'dog'].map(name => `${part}/${name}/1.png`))
    const { rows, told } = outcome(undefined, places)
    expect(rows.slice(1).map(row => row.split('\t').slice(3, 5).join(' '))).toEqual([
      ...['cat train', 'dog train', 'cat test', 'dog test', 'cat validation', 'dog validation'],
    ])
    expect(told).toBe('Parts of images: "TRAIN" was read as train (2 images), "valid" was read as validation (2 images).')
  })
  it('not where they are not understood: all are named, and what is right', () => {
    const places = ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', 'x.png', 'a/b/c.png', { link: 'b/3.png' }]
    expect(refused(undefined, places)).toContain(
      [
        'The layout has 3 faults:',
        '  "b/3.png" is a link in the archive, and holds no pixels. Pack what it leads to (tar --dereference --hard-dereference).',
        '  1 image lies deeper than in a folder of a class: "a/b/c.png".',
        '  1 image lies in no folder: "x.png".',
        'Without a sheet, images lie in folders that name their class, as in CLASS/001.png, or in parts, as in train/CLASS/001.png, validation/CLASS/001.png and test/CLASS/001.png. Lay them out so, move the others elsewhere, or give a sheet (--sheet).',
      ].join('\n'),
    )
    expect(refused(undefined, ['top/a/1.png', 'top/a/2.png'])).toBe(
      `All 2 images have the label "a". Two classes are the least. ${understood}`,
    )
    expect(refused(undefined, ['README.md'])).toContain('There is no image: none of the 1 files has the name of one, such as 001.png.')
  })
})
const many = (folder: string) => Array.from({ length: 71 }, (_, n) => `${folder}${String(n).padStart(3, '0')}.png`)
describe('what lies in wrong places is told in one sentence a kind, with how many there are', () => {
  it.each([
    [
      'a folder that is no part',
      ['set/TRAIN/a/1.png', 'set/TRAIN/b/1.png', 'set/TEST/a/1.png', 'set/TEST/b/1.png', ...many('set/TEST_SIMPLE/a/')],
      'The folder "TEST_SIMPLE" (71 images) is no part; there are "TEST", "TRAIN". Without a sheet',
    ],
    ['no folder at all', many(''), 'None of the 71 images lies in a folder of a class. Without a sheet'],
    [
      'some in no folder',
      ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', ...many('')],
      '71 images lie in no folder: "000.png", "001.png", "002.png", and 68 more. Without',
    ],
    [
      'parts without classes',
      ['train/1.png', ...many('test/')],
      '71 images lie in the part "test" and in no folder of a class there: "test/000.png", "test/001.png", "test/002.png", and 68 more.\n',
    ],
    [
      'folders in folders of classes',
      ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', ...many('a/p1/')],
      '71 images lie deeper than in a folder of a class: "a/p1/000.png", "a/p1/001.png", "a/p1/002.png", and 68 more. Without',
    ],
    [
      'links',
      ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', ...many('a/').map(link => ({ link }))],
      '"a/000.png", "a/001.png", "a/002.png", and 68 more are links in the archive, and hold no pixels. Pack what they lead to (tar',
    ],
  ])('%s', (_what, places, message) => {
    expect(refused(undefined, places)).toContain(message)
    expect(String(refused(undefined, places)).split('\n').length).toBeLessThan(5)
  })
})
describe('left out is, where it is asked for and told', () => {
  it('what a sheet names and that is not there', () => {
    const text = `${plain}gone1.png,rare\ngone2.png,sick\n`
    expect(refused(text)).toContain(
      'Put images that are not there in their places, or take their rows out of the sheet; --absent leave-out passes over them.',
    )
    const { rows, told } = outcome(text, six, { absent: 'leave-out' })
    expect(rows.slice(1).map(row => row.split('\t')[0])).toEqual(six)
    expect(told).toBe('Left out, since they are not there: 2 images of the sheet ("gone1.png", "gone2.png").')
    expect(refused(plain, ['c.png'], { absent: 'leave-out' })).toContain("None of the sheet's 6 images is there")
    expect(refused(plain, [...six, 'y/a1.png'].slice(1).concat('x/a1.png'), { absent: 'leave-out' })).toContain('"a1.png" may be')
  })
  it('what is of other classes, whether it is there or not', () => {
    const text = `${plain}gone.png,todo\nalso.png,todo\nb.png,rare\n`
    const { rows, told } = outcome(text, six, { classes: ['sick', 'healthy'] })
    expect(rows.length).toBe(7)
    expect(told).toBe('Left out, since --classes does not name their classes: 3 images ("todo", "rare").')
    const places = ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', 'c/1.png']
    expect(outcome(undefined, places, { classes: ['a', 'b'] }).told).toBe(
      'Left out, since --classes does not name its class: 1 image ("c").',
    )
    expect(refused(plain, six, { classes: ['sick', 'Healthy', 'healthy'] })).toBe(
      'No image is of the class "Healthy"; labels are "sick", "healthy". Correct --classes.',
    )
  })
})
describe('refused is', () => {
  it('all that is wrong with the rows and their images, together', () => {
    const text = [
      'image,label,group,split',
      'a1.png,sick,p1,train',
      'a2.png,Sick,p1,test',
      'a2.png,si ck,p2,train',
      'a3.png,sick ,p3,holdout',
      'A3.PNG,healthy,p3,holdout',
      ',healthy,p4,test',
      'b1.png,,p5,test',
      'b2.png,healthy,p6',
      'img.png,healthy,p7,test',
      'b.png,healthy,p8,test',
      'linked.png,rare,p9,test',
    ]
    expect(refused(text.join('\n'), [...six, 'x/img.png', 'y/img.png', { link: 'x/linked.png' }, { link: 'old/b1.png' }])).toContain(
      [
        'The sheet has 12 faults:',
        '  Line 7 has no image: the cell in the column "image" is empty. Fill it in, or remove the line.',
        '  Line 8 has no label: the cell in the column "label" is empty. Fill it in, or remove the line.',
        '  Line 9 has 3 cells under 4 columns. Put cells that hold a comma in quotes, and leave none out.',
        '  Line 5, and 1 more, has the split "holdout"; right are train (or training), validation (or val, valid), test (or testing). Correct the word, or give another column with --split-column.',
        '  Labels differ by a space or by case alone: "sick" (1 image, line 2), "Sick" (1 image, line 3), "si ck" (1 image, line 4), "sick " (1 image, line 5). Write them alike.',
        '  The class "rare" has 1 image. Two are the least: one to learn from, one to be tested with.',
        '  The group "p1" is in two parts: train in line 2, test in line 3. All images of a group belong to one, or the test asks for what was learnt.',
        '  The image "a2.png" is named twice, in line 3 and line 4. Each image has one line. Remove one.',
        '  Line 6: there is no image "A3.PNG"; there is "a3.png".',
        '  Line 10: "img.png" may be "x/img.png", "y/img.png". Write the folder before the name, as it is in the archive.',
        '  Line 11: there is no image "b.png".',
        '  Line 12: "x/linked.png" is a link in the archive, and holds no pixels. Pack what it leads to (tar --dereference --hard-dereference).',
      ].join('\n'),
    )
  })
  it.each([
    [
      'a column that is not there',
      plain.replace('image', 'File'),
      {},
      'The sheet has no column "image". Did you mean "File", whose cells are all images that are there? Then give --image-column File. Its columns are "File", "label".',
    ],
    [
      'another one',
      plain.replace('label', 'cell type'),
      {},
      `no column "label". Did you mean "cell type"? Then give --label-column 'cell type'. Its columns are "image", "cell type".`,
    ],
    [
      'a name that is not written right',
      plain,
      { label: 'lable' },
      'no column "lable". Did you mean "label"? Then give --label-column label.',
    ],
    [
      'one that nothing is like',
      plain,
      { group: 'zz' },
      'no column "zz". No other column has words that several images share. Add one, or leave out --group-column.',
    ],
    ['a column twice', plain.replace('label', 'label,label'), {}, 'The sheet has the column "label" twice. Remove or rename one.'],
    ['one class', plain.replaceAll('healthy', 'sick'), {}, 'All 6 images have the label "sick". Two classes are the least.'],
    ['two images', 'image,label\na1.png,a\nb1.png,b\n', {}, 'The class "a" has 1 image. Two are the least'],
    ['no image', 'image,label\n', {}, 'The sheet names no image.'],
    [
      'a positive class that is none',
      plain,
      { positive: 'Sick' },
      'The positive class is to be "Sick", and labels are "healthy", "sick". Correct --positive.',
    ],
    [
      'one of three',
      plain.replace(/,sick\na3/, ',c\na3').replace('b3.png,healthy', 'b3.png,c'),
      { positive: 'sick' },
      'There are 3 classes, "c", "healthy", "sick"; only one of two can be the positive one.',
    ],
    [
      'two names of one image',
      `${plain}./a1.png,sick\n`,
      {},
      'Line 8: "./a1.png" is the file "a1.png", which "a1.png" in line 2 is, too. Remove one.',
    ],
    [
      'one name in two spellings',
      `${plain}\u00e4.png,sick\na\u0308.png,sick\n`,
      {},
      'The image "ä.png" is named twice, in line 8 and line 9.',
    ],
    ['a broken quote', `${plain}"a" b,sick\n`, {}, 'a quotation mark is opened or closed in the wrong place. A cell with a comma'],
    ['a spreadsheet', 'PK\x03\x04', {}, 'The sheet is a spreadsheet, not text. Save it as "CSV UTF-8".'],
    [
      'another encoding',
      Buffer.from(`${plain}\xe4,sick\n`, 'latin1'),
      {},
      'The sheet is not UTF-8 text. Save it as "CSV UTF-8", or: iconv',
    ],
  ] as const)('%s', (_what, text, asked, message) => {
    expect(refused(text as string | Buffer, [...six, '\u00e4.png'], asked)).toContain(message)
  })
  it('columns that are not there: each in a line with the one that its cells make likely, and once those that there are', () => {
    const text = [
      ',slide,note,view,use,path,finding,Image size',
      ...six.map((name, n) => `${n},s${n >> 1}.tiff,n${n},${n % 3 ? 'PA' : 'AP'},${n % 2 ? 'test' : 'train'},x/${name},${name[0]},512`),
      '7,s9.tiff,n7,AP,test,x/gone.png,b,512',
    ].join('\n')
    const asked = { group: 'patient', split: 'part' }
    const places = six.map(name => `set/x/${name}`)
    expect(refused(text, places, asked)).toBe(
      [
        'The sheet has 4 faults:',
        '  The sheet has no column "image". Did you mean "path", of whose 7 cells 6 are images that are there? Then give --image-column path.',
        '  The sheet has no column "label". Did you mean "finding"? Then give --label-column finding.',
        '  The sheet has no column "patient". Did you mean "slide"? Then give --group-column slide.',
        '  The sheet has no column "part". Did you mean "use"? Then give --split-column use.',
        'Its columns are "slide", "note", "view", "use", "path", "finding", "Image size".',
      ].join('\n'),
    )
    const other = text.replace('finding', 'what')
    expect(refused(other, ['y/1.png'], { group: 'note' })).toContain(
      [
        '  The sheet has no column "image". No other column names images that are there, such as "y/1.png". Add one.',
        '  The sheet has no column "label". Columns of words that several images share are "view" (2 words), "use" (2 words), "what" (2 words): say which one with --label-column NAME.',
      ].join('\n'),
    )
    expect(refused(text, places, { image: 'note', label: 'finding' })).toContain(
      'the images are "set/x/a1.png", "set/x/a2.png", and 4 more. Did you mean "path", of whose 7 cells 6 are images that are there? Then give --image-column path.',
    )
  })
  it('rows alike in one sentence, with their lines', () => {
    const text = `image,label\n${six.map(name => `${name},${name[0]}\n`).join('')}${'x.png,\n'.repeat(2)}${',a\n'.repeat(5)}${'x.png\n'.repeat(3)}`
    expect(refused(text)).toContain(
      [
        'The sheet has 3 faults:',
        '  Lines 10, 11, 12 and 2 more have no image: their cells in the column "image" are empty. Fill them in, or remove the lines.',
        '  Lines 8 and 9 have no label: their cells in the column "label" are empty. Fill them in, or remove the lines.',
        '  Lines 15, 16 and 17 have more or fewer cells than the 2 columns. Put cells that hold a comma in quotes, and leave none out.',
      ].join('\n'),
    )
  })
  it('a sheet of other images, in one sentence', () => {
    expect(refused(plain, ['c.png', 'x/d.png'])).toContain(
      'None of the sheet\'s 6 images is there: it names "a1.png", "a2.png", and 4 more, and the images are "c.png", "x/d.png". Give the folder or archive that the sheet is of, or another column with --image-column.',
    )
  })
  it('more than twenty faults, the rest counted', () => {
    const rows = Array.from({ length: 2000 }, (_, n) => `none${n}.png,a\n`)
    const message = refused(`${plain}${rows.join('')}`, six)
    expect(message).toContain('The sheet has 2,000 faults:\n  Line 8: there is no image "none0.png".')
    expect(message).toContain('  Line 27: there is no image "none19.png".\n  … and 1,980 more.')
  })
})
