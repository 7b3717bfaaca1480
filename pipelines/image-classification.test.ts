import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { imageArchive } from 'trireme-bio/kinds'
import { given, scratch } from 'trireme-bio/testing'
import { expect, it } from 'vitest'
import { imageClassification } from './image-classification.ts'

const file = path.join(scratch(), 'images.tar')
writeFileSync(file, Buffer.alloc(1024))
const images = given('images', imageArchive, file)
const groupsOf = (asked: { readonly groups?: string; readonly groupColumn?: string }) => {
  const { node } = imageClassification({ images, ...asked }).model.card
  return node.kind === 'step' ? node.params.groups : undefined
}
it('leaves out of sheet and folders what is not wanted', () => {
  const { node } = imageClassification({ images, absent: 'leave-out', classes: ['a', 'b'] }).notices.sheet
  expect(node.kind === 'step' && node.params).toMatchObject({ absent: 'leave-out', classes: ['a', 'b'] })
})
it('calls groups on pages and card as asked for, else as their column is called', () => {
  expect([groupsOf({}), groupsOf({ groupColumn: 'slide' }), groupsOf({ groupColumn: 'pid', groups: 'patient' })]).toEqual([
    ...['group', 'slide', 'patient'],
  ])
})
