// What a check of the interop table is.

/**
 * @typedef {object} InteropCheck
 * @property {string} name one sentence of what is shown
 * @property {readonly import("./peers.mjs").Peer[]} peers needed
 * @property {(folder: string) => Promise<string | Skip>} run what was compared; throws when it differs. `folder` is for its files
 */

/** Said by a check that finds its peer too old. */
export class Skip {
  /** @param {string} reason */
  constructor(reason) {
    this.reason = reason;
  }
}

/** @param {boolean} condition @param {string} message @returns {asserts condition} */
export function must(condition, message) {
  if (!condition) throw new Error(message);
}

/**
 * Two lists of texts, of the peer and of ours, with the first difference in the message.
 * @param {string} where @param {readonly string[]} theirs @param {readonly string[]} ours
 */
export function mustBeSame(where, theirs, ours) {
  theirs.forEach((text, index) => {
    must(text === ours[index], `${where}, ${index}: ${text}, ours ${ours[index]}`);
  });
  must(theirs.length === ours.length, `${where}: ${theirs.length}, ours ${ours.length}`);
}
