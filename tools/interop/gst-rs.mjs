// The elements of gst-plugins-rs (rsclosedcaption, rsrtp) beside ours.
import { checks as anc } from "./gst-rs-anc.mjs";
import { checks as captions } from "./gst-rs-captions.mjs";
import { checks as files } from "./gst-rs-files.mjs";
import { checks as line21 } from "./gst-rs-line21.mjs";
import { checks as ts } from "./gst-rs-ts.mjs";

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [...anc, ...captions, ...files, ...line21, ...ts];
