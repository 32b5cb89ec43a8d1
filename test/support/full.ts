/**
 * Whether everything is tested: in CI, and where a file or a folder of tests is named on the command line
 * (vitest.config.ts). Otherwise what takes many seconds and finds little more than its neighbours is skipped.
 */
export const full = process.env.HEAVISIDE_FULL === "1";

/** Whether another Node runs than most tests do: what no engine of JavaScript can change has been tested there. */
export const isOtherNode = process.env.HEAVISIDE_OTHER_NODE === "1";

/** How many of something to try: all of them, or the few that find most faults. */
export const howMany = (all: number, few: number): number => (full ? all : few);
