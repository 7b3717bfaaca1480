import { inspect } from 'node:util'
import { inWords } from '../errors.ts'

// While a pipeline is planned no file is there, so nothing of a file can be asked for: neither its text nor what it does not have. JavaScript
// answers both without a word, with '[object Object]' and undefined. The prototypes made here answer with an error. Own properties are never
// looked up in a prototype, so what is there costs nothing.

/** Names that runtimes and test tools ask any object for. */
const foreign = /^(then|constructor|toJSON|inspect|asymmetricMatch|nodeType|tagName|hasAttribute|[$@]{2}.*|_.*)$/
/** A prototype whose objects throw where they are asked for a name that they do not have. @param fault undefined for a name that may be missing */
export const throwsForOthers = <T extends object>(known: T, fault: (name: string, of: object) => Error | undefined): T =>
  new Proxy(known, {
    get(target, name, receiver) {
      if (typeof name === 'symbol' || name in target || foreign.test(name)) return Reflect.get(target, name, receiver)
      const error = fault(name, receiver)
      if (error) throw error
      return undefined
    },
  })
/** Methods of what is no text. @param words what it is; @param fault the error where it is to become text */
export const refusesText = <T extends object>(words: (it: T) => string, fault: (it: T) => Error) => ({
  [Symbol.toPrimitive](this: T): never {
    throw fault(this)
  },
  toString(this: T): never {
    throw fault(this)
  },
  [inWords](this: T): string {
    return words(this)
  },
  [inspect.custom](this: T): string {
    return `<${words(this)}>`
  },
})
