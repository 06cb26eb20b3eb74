import type { Cea608Mode } from "./caption-channel.js";
import type { CharacterSet } from "./codes.js";
import type { Cea608Issue } from "./issues.js";
import type { Cea608Service } from "./services.js";
import type { XdsPacket } from "./xds.js";

/** What changed a screen: characters came or went, everything vanished, the memories changed places, rows moved. */
export type Cea608Change = "write" | "erase" | "flip" | "scroll";

/** What a decoder tells. `time` is the time of the pair, as it was given. */
export type Cea608Event =
  /** What `screen(service)` shows has changed. */
  | {
      readonly type: "display";
      readonly time: number;
      readonly service: Cea608Service;
      readonly change: Cea608Change;
    }
  /** A caption mode began, or began again: RCL, RDC, RU2, RU3, RU4, EOC, or for a text service TR and RTD. */
  | {
      readonly type: "mode";
      readonly time: number;
      readonly service: Cea608Service;
      readonly mode: Cea608Mode | "text";
    }
  | { readonly type: "xds"; readonly time: number; readonly packet: XdsPacket }
  | {
      readonly type: "charset";
      readonly time: number;
      readonly service: Cea608Service;
      readonly set: CharacterSet;
    }
  | { readonly type: "issue"; readonly time: number; readonly issue: Cea608Issue };

/** How a decoder behaves where the standard leaves a choice. */
export interface Cea608DecoderOptions {
  /** What caption channels do before they were told. `rollUp` is two rows, as in FFmpeg. Default `none`. */
  readonly initialMode?: Cea608Mode;
  /** Rows of the text services, 7 to 15. Default 15. */
  readonly textRows?: number;
  /** Whether a backspace in the last column erases that column as well as the one before. Default true. */
  readonly backspaceAtEdgeClearsLast?: boolean;
  /**
   * Milliseconds without data for a caption service after which what it shows is erased; 16 000 is usual for live
   * reception. Default: never. Needs `push` with padding, or `tick`, to notice that time passes.
   */
  readonly autoEraseMs?: number;
}
