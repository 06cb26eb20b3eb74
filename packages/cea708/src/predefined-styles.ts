import type { PenAttributes, PenColor, WindowAttributes } from "./codes.js";

const BLACK = 0;
const WHITE = 0b101010;
const SOLID = 0;
const TRANSPARENT = 3;

/** Predefined window styles 1 to 7 (CTA-708-E table 26); index 0 is style 1, which stands in for "no style". */
export const WINDOW_STYLES: readonly WindowAttributes[] = [
  windowStyle(0, SOLID),
  windowStyle(0, SOLID),
  windowStyle(0, TRANSPARENT),
  windowStyle(2, SOLID),
  { ...windowStyle(0, SOLID), wordWrap: true },
  { ...windowStyle(0, TRANSPARENT), wordWrap: true },
  { ...windowStyle(2, SOLID), wordWrap: true },
  { ...windowStyle(0, SOLID), printDirection: 2, scrollDirection: 1 },
];

/** A pen: attributes and colours together. */
export interface Pen {
  readonly attributes: PenAttributes;
  readonly color: PenColor;
}

/** Predefined pen styles 1 to 7 (CTA-708-E table 27); index 0 is style 1. White is (2,2,2) there. */
export const PEN_STYLES: readonly Pen[] = [
  penStyle(0, SOLID),
  penStyle(0, SOLID),
  penStyle(1, SOLID),
  penStyle(2, SOLID),
  penStyle(3, SOLID),
  penStyle(4, SOLID),
  penStyle(3, TRANSPARENT),
  penStyle(4, TRANSPARENT),
];

function windowStyle(justify: number, fillOpacity: number): WindowAttributes {
  return {
    fillOpacity,
    fillColor: BLACK,
    borderType: 0,
    borderColor: BLACK,
    wordWrap: false,
    printDirection: 0,
    scrollDirection: 3,
    justify,
    effectSpeed: 0,
    effectDirection: 0,
    displayEffect: 0,
  };
}

function penStyle(fontStyle: number, bgOpacity: number): Pen {
  const edgeType = bgOpacity === TRANSPARENT ? 3 : 0;
  return {
    attributes: {
      textTag: 0,
      offset: 1,
      penSize: 1,
      italics: false,
      underline: false,
      edgeType,
      fontStyle,
    },
    color: { fgOpacity: SOLID, fgColor: WHITE, bgOpacity, bgColor: BLACK, edgeColor: BLACK },
  };
}
