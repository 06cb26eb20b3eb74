import type { Cea608Field, DataChannel } from "./codes.js";

/** The caption and text services: CC1, CC2, T1, T2 on field 1, CC3, CC4, T3, T4 on field 2. */
export type Cea608Service = "CC1" | "CC2" | "CC3" | "CC4" | "T1" | "T2" | "T3" | "T4";

/** A caption service. */
export type Cea608CaptionService = Extract<Cea608Service, `CC${string}`>;

/** CC1 to CC4: index (field - 1) * 2 + data channel - 1. */
export const CAPTION_SERVICES = ["CC1", "CC2", "CC3", "CC4"] as const;
/** T1 to T4, in the same order. */
export const TEXT_SERVICES = ["T1", "T2", "T3", "T4"] as const;

/** The service that a field and a data channel carry. */
export function captionService(field: Cea608Field, dataChannel: DataChannel): Cea608CaptionService {
  return CAPTION_SERVICES[(field - 1) * 2 + dataChannel - 1] as Cea608CaptionService;
}
