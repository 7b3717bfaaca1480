/** How help shows an option that is two options to commander: `--[no-]trim`. In a module of its own, so that help loads nothing else. */
export const terms = new WeakMap<object, string>()
/** Commands whose help has examples of their own. */
export const withExamples = new WeakSet<object>()
