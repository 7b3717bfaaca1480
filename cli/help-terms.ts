/** How help writes an option that is two to commander: `--[no-]trim`. Apart from all else, so that help needs no more. */
export const terms = new WeakMap<object, string>()
