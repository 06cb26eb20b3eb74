import type { Core, CoreFunctions } from "./core.js";
import { codestreamError, configError } from "./errors.js";
import { type Addon, nativeCore } from "./native-core.js";

/** A decoder or an encoder of the library. */
declare const handle: unique symbol;
export interface SvtHandle {
  readonly [handle]: true;
}

/** The addon's binding of the system's SVT-JPEG-XS: see native/jpegxs/svt.h. */
export interface SvtAddon {
  /** The minor version, 9 or 10. Throws with the reason where the library cannot be opened. */
  open(path?: string): number;
  decoder(heap: ArrayBuffer, threads: number): SvtHandle;
  decode(
    decoder: SvtHandle,
    heap: ArrayBuffer,
    checker: number,
    header: number,
    bytes: number,
    length: number,
    planes: number,
  ): number;
  encoder(heap: ArrayBuffer, header: number, options: number, threads: number): SvtHandle | number;
  encode(
    encoder: SvtHandle,
    heap: ArrayBuffer,
    planes: number,
    out: number,
    capacity: number,
    written: number,
  ): number;
  close(handle: SvtHandle): void;
}

/** Codes of svt.h; the library's own are larger. */
const NOT_ASKED = 1;
const OTHER_HEADER = 2;

/**
 * The native core with whole pictures going through SVT-JPEG-XS. Its own functions check every codestream first, and do
 * what the library does not: smaller sizes, concealment, single slices, and tools that it is known to decode wrongly.
 */
export function svtCore(addon: Addon, svt: SvtAddon, threads: number): Core {
  const own = nativeCore(addon);
  const heap = own.heap() as ArrayBuffer;
  let decoder: SvtHandle | undefined;
  let encoder: SvtHandle | undefined;
  let plain = false;
  const functions: CoreFunctions = {
    ...own.functions,
    jxs_decoder_init(memory, header, options) {
      const [reduce, , conceal] = new Int32Array(heap, options, 3);
      plain = reduce === 0 && conceal === 0;
      return own.functions.jxs_decoder_init(memory, header, options);
    },
    jxs_decode_picture(checker, header, bytes, length, planes, damaged, error) {
      decoder ??= svt.decoder(heap, threads);
      const code = plain
        ? svt.decode(decoder, heap, checker, header, bytes, length, planes)
        : NOT_ASKED;
      if (code === 0) {
        new Int32Array(heap, damaged, 1)[0] = 0;
        return 0;
      }
      // What is wrong with it is for our own decoder to say.
      const decode = own.functions.jxs_decode_picture;
      const status = decode(checker, header, bytes, length, planes, damaged, error);
      if (status !== 0 || code === NOT_ASKED) return status;
      throw codestreamError("unsupported", refusal("this codestream", code), "codestream", 0);
    },
    jxs_encoder_init(memory, header, options) {
      if (encoder !== undefined) svt.close(encoder);
      encoder = undefined;
      const made = svt.encoder(heap, header, options, threads);
      if (typeof made === "number") {
        throw configError("backend", refusal("these options", made));
      }
      encoder = made;
      return own.functions.jxs_encoder_init(memory, header, options);
    },
    jxs_encode_picture(memory, planes, out, capacity, written, error) {
      const code = svt.encode(encoder as SvtHandle, heap, planes, out, capacity, written);
      if (code === 0) return 0;
      if (code === OTHER_HEADER) {
        throw configError("backend", "SVT-JPEG-XS writes another header than these options mean");
      }
      const encode = own.functions.jxs_encode_picture;
      const status = encode(memory, planes, out, capacity, written, error);
      if (status !== 0) return status;
      throw configError("backend", refusal("this picture", code));
    },
  };
  return {
    ...own,
    functions,
    close() {
      for (const open of [decoder, encoder]) if (open !== undefined) svt.close(open);
      decoder = encoder = undefined;
    },
  };
}

function refusal(what: string, code: number): string {
  return `SVT-JPEG-XS refuses ${what} (0x${code.toString(16)})`;
}
