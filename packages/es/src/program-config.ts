import type { BitReader, BitWriter } from "@x/bits";

/** program_config_element, ISO/IEC 14496-3 table 4.2. */
export interface ProgramConfigElement {
  readonly elementInstanceTag: number;
  /** 0 Main, 1 LC, 2 SSR, 3 LTP. */
  readonly objectType: number;
  readonly samplingFrequencyIndex: number;
  readonly front: readonly ChannelElement[];
  readonly side: readonly ChannelElement[];
  readonly back: readonly ChannelElement[];
  /** lfe_element_tag_select. */
  readonly lfe: readonly number[];
  /** assoc_data_element_tag_select. */
  readonly assocData: readonly number[];
  /** `isPair`: cc_element_is_ind_sw. */
  readonly validCc: readonly ChannelElement[];
  readonly monoMixdownElementNumber: number | undefined;
  readonly stereoMixdownElementNumber: number | undefined;
  /** matrix_mixdown_idx (2 bits), then pseudo_surround_enable. */
  readonly matrixMixdown: number | undefined;
  readonly commentFieldData: Uint8Array;
}

/** A single channel element or a channel pair element. */
export interface ChannelElement {
  readonly isPair: boolean;
  readonly tagSelect: number;
}

/** Read a program config element; it ends byte-aligned. */
export function decodePce(reader: BitReader): ProgramConfigElement {
  const elementInstanceTag = reader.read(4, "elementInstanceTag");
  const objectType = reader.read(2, "objectType");
  const samplingFrequencyIndex = reader.read(4, "samplingFrequencyIndex");
  const counts = [4, 4, 4, 2, 3, 4].map((width) => reader.read(width, "numElements"));
  const [front = 0, side = 0, back = 0, lfe = 0, assocData = 0, validCc = 0] = counts;
  const mixdown = (width: number): number | undefined =>
    reader.flag("mixdownPresent") ? reader.read(width, "mixdown") : undefined;
  const elements = (count: number): ChannelElement[] =>
    Array.from({ length: count }, () => ({
      isPair: reader.flag("elementIsCpe"),
      tagSelect: reader.read(4, "elementTagSelect"),
    }));
  const tags = (count: number): number[] =>
    Array.from({ length: count }, () => reader.read(4, "elementTagSelect"));
  const element = {
    elementInstanceTag,
    objectType,
    samplingFrequencyIndex,
    monoMixdownElementNumber: mixdown(4),
    stereoMixdownElementNumber: mixdown(4),
    matrixMixdown: mixdown(3),
    front: elements(front),
    side: elements(side),
    back: elements(back),
    lfe: tags(lfe),
    assocData: tags(assocData),
    validCc: elements(validCc),
  };
  const partial = reader.position % 8;
  if (partial > 0) reader.skip(8 - partial, "byteAlignment");
  const commentFieldData = new Uint8Array(reader.read(8, "commentFieldBytes"));
  for (let i = 0; i < commentFieldData.length; i++) {
    commentFieldData[i] = reader.read(8, "commentFieldData");
  }
  return { ...element, commentFieldData };
}

/**
 * Write a program config element.
 * @throws {RangeError} when a value or count does not fit its field
 */
export function encodePce(writer: BitWriter, element: ProgramConfigElement): void {
  const { front, side, back, lfe, assocData, validCc } = element;
  writer.write(4, element.elementInstanceTag, "elementInstanceTag");
  writer.write(2, element.objectType, "objectType");
  writer.write(4, element.samplingFrequencyIndex, "samplingFrequencyIndex");
  writer.write(4, front.length, "numFrontChannelElements");
  writer.write(4, side.length, "numSideChannelElements");
  writer.write(4, back.length, "numBackChannelElements");
  writer.write(2, lfe.length, "numLfeChannelElements");
  writer.write(3, assocData.length, "numAssocDataElements");
  writer.write(4, validCc.length, "numValidCcElements");
  const mixdown = (width: number, value: number | undefined): void => {
    writer.flag(value !== undefined, "mixdownPresent");
    if (value !== undefined) writer.write(width, value, "mixdown");
  };
  mixdown(4, element.monoMixdownElementNumber);
  mixdown(4, element.stereoMixdownElementNumber);
  mixdown(3, element.matrixMixdown);
  const elements = (list: readonly ChannelElement[]): void => {
    for (const { isPair, tagSelect } of list) {
      writer.flag(isPair, "elementIsCpe");
      writer.write(4, tagSelect, "elementTagSelect");
    }
  };
  elements(front);
  elements(side);
  elements(back);
  for (const tag of [...lfe, ...assocData]) writer.write(4, tag, "elementTagSelect");
  elements(validCc);
  writer.align();
  writer.write(8, element.commentFieldData.length, "commentFieldBytes");
  writer.bytes(element.commentFieldData);
}

/** Output channels. */
export function pceChannels({ front, side, back, lfe }: ProgramConfigElement): number {
  let channels = lfe.length;
  for (const { isPair } of [...front, ...side, ...back]) channels += isPair ? 2 : 1;
  return channels;
}
