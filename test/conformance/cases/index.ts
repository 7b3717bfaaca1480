import type { Case } from '../case.ts'
import { again } from './again.ts'
import { failures } from './failures.ts'
import { files } from './files.ts'
import { graphs, lists } from './graphs.ts'
import { hostiles } from './hostile.ts'
import { streams } from './streams.ts'

export const cases: readonly Case[] = [...graphs, ...lists, ...files, ...failures, ...streams, ...again, ...hostiles]
