// A check of elements of GStreamer.
import { Skip } from "./check.mjs";
import { gstHas } from "./peers.mjs";

/**
 * Skipped aloud where one of the elements is not installed.
 * @param {string} name @param {readonly string[]} elements @param {import("./check.mjs").InteropCheck["run"]} run
 * @returns {import("./check.mjs").InteropCheck}
 */
export function gstCheck(name, elements, run) {
  return {
    name,
    peers: ["gst-launch-1.0", "gst-inspect-1.0"],
    async run(folder) {
      const missing = elements.find((element) => !gstHas(element));
      if (missing !== undefined) return new Skip(`GStreamer's ${missing} is not installed`);
      return run(folder);
    },
  };
}
