import { choice, type Field } from "./fields.ts";

export const networkNames = ["binary", "gated", "chance", "own"] as const;
/** Which network a station looks into; the gates of "gated" are the largest ones, those of "chance" are drawn, and "own" is the one of Train. */
export type NetworkName = (typeof networkNames)[number];

/** A station's setting of the network that it looks into. */
export const networkField = (initial: NetworkName): Field<NetworkName> => choice<NetworkName>(initial, networkNames);
