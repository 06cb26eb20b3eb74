/** Bytes of a transport packet without what some carriers put before or behind it (ISO/IEC 13818-1 2.4.3.2). */
export const PACKET_SIZE = 188;
/** First byte of every transport packet. */
export const SYNC_BYTE = 0x47;
/** PID of the programme association table. */
export const PAT_PID = 0x0000;
/** PID of the conditional access table. */
export const CAT_PID = 0x0001;
/** PID of the service description and bouquet association tables (EN 300 468 5.1.3). */
export const SDT_PID = 0x0011;
/** PID of null packets; as a PCR PID it means "no PCR". */
export const NULL_PID = 0x1fff;
/** Number of PIDs. */
export const PID_COUNT = 0x2000;

/**
 * Distances of sync bytes that occur: plain, with a 4-byte arrival time before (M2TS), with 16 Reed-Solomon bytes
 * behind (DVB), with 20 behind (ATSC).
 */
export type PacketStride = 188 | 192 | 204 | 208;

/** All of {@link PacketStride}, in the order in which they are tried. */
export const PACKET_STRIDES: readonly PacketStride[] = [188, 192, 204, 208];
