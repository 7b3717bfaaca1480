#!/usr/bin/env node
// The command "trireme". A clone has no dist/ before it was set up, so this file, which every clone has, says what to do.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = new URL('../dist/cli.js', import.meta.url)
if (existsSync(program)) await import(program.href)
else {
  const folder = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
  process.stderr.write(
    `Trireme is not set up in ${folder}: its packages and dist/ are missing. Run "npm ci" there, or "npm start", which does that first.\n`,
  )
  process.exitCode = 5 // as for a tool that is missing
}
