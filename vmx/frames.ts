/** Where nested tables get their frames: the hpa of a 4 KiB frame, or 0 when none is left. */
export type FrameSource = () => u64
